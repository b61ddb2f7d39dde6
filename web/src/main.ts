import './theme.css'

import { VueQueryPlugin } from '@tanstack/vue-query'
import { createPinia } from 'pinia'
import { createApp } from 'vue'

import App from './App.vue'
import { i18n, setLanguage } from './i18n'
import { queryClient } from './queries/client'
import { prefetchHealth } from './queries/status'
import { createPageRouter, prefetchPages } from './router'
import { usePreferences } from './stores/preferences'
import { whenIdle } from './utils/late'

const app = createApp(App)
const router = createPageRouter()
app.use(createPinia()).use(i18n).use(VueQueryPlugin, { queryClient })
// Words and page first: nothing is drawn that is drawn anew a moment later.
const words = setLanguage(usePreferences().language)
app.use(router)
await Promise.all([words, router.isReady(), prefetchHealth()])
app.mount('#app')
whenIdle(prefetchPages)
