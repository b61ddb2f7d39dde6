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

/** Each language is two files of the built page: the words of the first pages, and those of the others. */
const WORDS: Record<Language, () => Promise<{ default: Messages; element: ElementLocale }>> = {
  en: () => import('./locales/en'),
  'zh-CN': () => import('./locales/zh'),
}
const LATER: Record<Language, () => Promise<{ default: Messages }>> = {
  en: () => import('./locales/en/later'),
  'zh-CN': () => import('./locales/zh/later'),
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

/** The language that is spoken, and whether somebody has seen more than the first pages. */
let spoken: Language = 'en'
let complete = false

/** Switches the page to a language; loads its words first, so that nobody sees keys. */
export function setLanguage(language: Language): Promise<void> {
  spoken = language
  return speak()
}

/** Loads the words of all pages: before one is shown that is none of the first. */
export async function completeWords(): Promise<void> {
  if (complete) return
  complete = true
  try {
    await speak()
  } catch (error) {
    complete = false
    throw error
  }
}

async function speak(): Promise<void> {
  const language = spoken
  const [first, later] = await Promise.all([WORDS[language](), complete ? LATER[language]() : undefined])
  if (language !== spoken) return
  const { global } = i18n
  global.setLocaleMessage(language, { ...global.getLocaleMessage(language), ...first.default, ...later?.default })
  elementLocale.value = first.element
  global.locale.value = language
  document.documentElement.lang = language
}
