import './theme.css'

import { VueQueryPlugin } from '@tanstack/vue-query'
import { createPinia } from 'pinia'
import { createApp } from 'vue'

import App from './App.vue'
import { i18n, setLanguage } from './i18n'
import { queryClient } from './queries/client'
import { createPageRouter } from './router'
import { usePreferences } from './stores/preferences'
import { useSession } from './stores/session'

const app = createApp(App)
app.use(createPinia())
await setLanguage(usePreferences().language)
useSession().restore()
app.use(i18n).use(VueQueryPlugin, { queryClient }).use(createPageRouter())
app.mount('#app')
