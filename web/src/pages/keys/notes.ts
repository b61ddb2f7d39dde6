import { useI18n } from 'vue-i18n'

import type { Schema } from '@/api/client'

/** What is said of a line of an import, in the page's language where the words are known; else in GAP's. */
export function useNotes() {
  const { t, n } = useI18n()
  return {
    wordsOf: ({ kind, message }: Schema<'Note'>): string => {
      const before = /stands in line (\d+) already/.exec(message)?.[1]
      if (kind === 'repeated' && before !== undefined) return t('keys.import.repeatedOf', { line: n(Number(before)) })
      if (kind === 'known') return t('keys.import.knownAs')
      if (message === 'there is no key behind the colon') return t('keys.import.noKey')
      return message
    },
  }
}
