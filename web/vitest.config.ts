import { defineConfig, mergeConfig } from 'vitest/config'

import viteConfig from './vite.config.ts'

export default defineConfig((env) =>
  mergeConfig(viteConfig(env), {
    test: {
      environment: 'happy-dom',
      include: ['src/**/*.test.ts'],
      // Its modules import their styles, which only the bundler understands.
      server: { deps: { inline: ['element-plus'] } },
    },
  }),
)
