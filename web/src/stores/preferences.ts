import { usePreferredDark, useStorage } from '@vueuse/core'
import { defineStore } from 'pinia'
import { computed, watchEffect } from 'vue'

import { type Language, preferredLanguage, setLanguage } from '@/i18n'

type Theme = 'auto' | 'light' | 'dark'

interface Preferences {
  theme: Theme
  language?: Language
  keyView: 'table' | 'cards'
}

/** What a person chose for this browser; `public/theme.js` reads the same entry before the first paint. */
export const usePreferences = defineStore('preferences', () => {
  const chosen = useStorage<Preferences>('gap.preferences', { theme: 'auto', keyView: 'table' }, localStorage, {
    mergeDefaults: true,
  })
  const systemDark = usePreferredDark()

  const theme = computed({ get: () => chosen.value.theme, set: (theme) => (chosen.value.theme = theme) })
  const dark = computed(() => theme.value === 'dark' || (theme.value === 'auto' && systemDark.value))
  watchEffect(() => document.documentElement.classList.toggle('dark', dark.value))

  const language = computed({
    get: () => chosen.value.language ?? preferredLanguage(),
    set: (language) => {
      chosen.value.language = language
      void setLanguage(language)
    },
  })
  const keyView = computed({ get: () => chosen.value.keyView, set: (view) => (chosen.value.keyView = view) })

  return { theme, dark, language, keyView }
})
