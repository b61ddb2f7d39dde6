import { nextTick } from 'vue'
import type { Language as ElementLocale } from 'element-plus/es/locale'
import elementEn from 'element-plus/es/locale/lang/en'
import elementZh from 'element-plus/es/locale/lang/zh-cn'
import { createI18n } from 'vue-i18n'

import en from './locales/en.json'

/** The languages of the page, with what each calls itself. */
export const LANGUAGES = { en: 'English', 'zh-CN': '简体中文' } as const
export type Language = keyof typeof LANGUAGES

export const i18n = createI18n({ legacy: false, locale: 'en', fallbackLocale: 'en', messages: { en } })

/** The language of the browser, as far as the page speaks it. */
export function preferredLanguage(languages: readonly string[] = navigator.languages): Language {
  for (const language of languages) {
    if (language.toLowerCase().startsWith('zh')) return 'zh-CN'
    if (language.toLowerCase().startsWith('en')) return 'en'
  }
  return 'en'
}

/** Switches the page to a language; loads its words first, so that nobody sees keys. */
export async function setLanguage(language: Language): Promise<void> {
  if (language === 'zh-CN' && !(i18n.global.availableLocales as string[]).includes(language)) {
    const { default: messages } = await import('./locales/zh-CN.json')
    i18n.global.setLocaleMessage(language as 'en', messages as typeof en)
  }
  i18n.global.locale.value = language as 'en'
  document.documentElement.lang = language
  await nextTick()
}

/** The words of Element Plus' own parts. */
export function elementLocale(language: string): ElementLocale {
  return language === 'zh-CN' ? elementZh : elementEn
}
