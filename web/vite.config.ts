import { fileURLToPath, URL } from 'node:url'

import tailwindcss from '@tailwindcss/vite'
import vue from '@vitejs/plugin-vue'
import { visualizer } from 'rollup-plugin-visualizer'
import { ElementPlusResolver } from 'unplugin-vue-components/resolvers'
import Components from 'unplugin-vue-components/vite'
import { defineConfig } from 'vite'

/** The gateway that the page talks to while it is developed. */
const GATEWAY = process.env.GAP_URL ?? 'http://127.0.0.1:8000'
const API = ['/api', '/v1', '/v1beta', '/healthz', '/readyz', '/openapi.json', '/docs', '/redoc']

export default defineConfig(({ mode }) => ({
  // Relative, because a reverse proxy may put a prefix before every path; `<base>` in index.html names it.
  base: './',
  plugins: [
    vue(),
    tailwindcss(),
    Components({ dirs: [], dts: 'src/components.gen.d.ts', resolvers: [ElementPlusResolver({ importStyle: 'css' })] }),
    mode === 'analyze' && visualizer({ open: true, gzipSize: true }),
  ],
  resolve: {
    alias: {
      '@ctrl/tinycolor': fileURLToPath(new URL('./src/utils/no-colors.ts', import.meta.url)),
      '@': fileURLToPath(new URL('./src', import.meta.url)),
    },
  },
  // Parts of libraries that the page does without.
  define: { __VUE_OPTIONS_API__: false, __VUE_I18N_LEGACY_API__: false, __INTLIFY_PROD_DEVTOOLS__: false },
  build: { target: 'es2022', chunkSizeWarningLimit: 800 },
  server: {
    port: 3000,
    proxy: Object.fromEntries(API.map((path) => [path, { target: GATEWAY, changeOrigin: false }])),
  },
}))
