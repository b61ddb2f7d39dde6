import { usePreferredDark, useStorage } from '@vueuse/core'
import { defineStore } from 'pinia'
import { computed, watchEffect } from 'vue'

import { type Language, LANGUAGES, preferredLanguage, setLanguage } from '@/i18n'

export type Theme = 'auto' | 'light' | 'dark'

interface Preferences {
  theme: Theme
  language?: Language
  keyView: 'table' | 'cards'
  /** Whether the side navigation shows icons alone. */
  narrow: boolean
}

/** What a person chose for this browser; `public/theme.js` reads the same entry before the first paint. */
export const usePreferences = defineStore('preferences', () => {
  const chosen = useStorage<Preferences>(
    'gap.preferences',
    { theme: 'auto', keyView: 'table', narrow: false },
    localStorage,
    {
      mergeDefaults: true,
    },
  )
  const systemDark = usePreferredDark()

  const theme = computed({ get: () => chosen.value.theme, set: (value) => (chosen.value.theme = value) })
  const dark = computed(() => theme.value === 'dark' || (theme.value === 'auto' && systemDark.value))
  watchEffect(() => document.documentElement.classList.toggle('dark', dark.value))

  const language = computed({
    get: () => {
      const known = chosen.value.language
      return known !== undefined && known in LANGUAGES ? known : preferredLanguage()
    },
    set: (value) => {
      chosen.value.language = value
      void setLanguage(value)
    },
  })
  const keyView = computed({ get: () => chosen.value.keyView, set: (view) => (chosen.value.keyView = view) })
  const narrow = computed({ get: () => chosen.value.narrow, set: (value) => (chosen.value.narrow = value) })

  return { theme, dark, language, keyView, narrow }
})
