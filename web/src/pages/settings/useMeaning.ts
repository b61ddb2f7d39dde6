import { computed, type ComputedRef, shallowRef } from 'vue'
import { useI18n } from 'vue-i18n'

import type { Setting } from './configuration'

/** The meanings of settings in Chinese; the gateway says them in English. */
const chinese = shallowRef<Record<string, string>>({})
let loading: Promise<void> | undefined

/** What a setting means, in the page's language where it is known in it. */
export function useMeaning(of: () => Setting): ComputedRef<{ text: string; language: string }> {
  const { locale } = useI18n()
  return computed(() => {
    const { name, meaning } = of()
    if (locale.value !== 'zh-CN') return { text: meaning, language: 'en' }
    loading ??= import('./meanings.zh').then((module) => void (chinese.value = module.default))
    const text = chinese.value[name]
    return text === undefined ? { text: meaning, language: 'en' } : { text, language: 'zh-CN' }
  })
}
