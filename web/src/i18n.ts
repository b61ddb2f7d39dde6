import type { Language as ElementLocale } from 'element-plus/es/locale'
import { shallowRef } from 'vue'
import { createI18n } from 'vue-i18n'

/** The languages of the page, with what each calls itself. */
export const LANGUAGES = { en: 'English', 'zh-CN': '简体中文' } as const
export type Language = keyof typeof LANGUAGES

/** Words by their names; those of a page are below the page's name. */
export interface Messages {
  [name: string]: string | Messages
}

/** Each language is one file of the built page, loaded when it is first spoken. */
const WORDS: Record<Language, () => Promise<{ default: Messages; element: ElementLocale }>> = {
  en: () => import('./locales/en'),
  'zh-CN': () => import('./locales/zh'),
}

export const i18n = createI18n<false>({
  legacy: false,
  locale: 'en',
  messages: {},
  missingWarn: import.meta.env.DEV,
  fallbackWarn: false,
})

/** The words of Element Plus' own parts. */
export const elementLocale = shallowRef<ElementLocale>()

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
  const { default: messages, element } = await WORDS[language]()
  i18n.global.setLocaleMessage(language, messages)
  elementLocale.value = element
  i18n.global.locale.value = language
  document.documentElement.lang = language
}
