import { useI18n } from 'vue-i18n'

import { formatMoment, formatNumber, formatRelative, type Moment, type NumberStyle } from '@/utils/format'

/** The page's ways to write facts, in its language; for texts and charts. In templates prefer NumberText and RelativeTime. */
export function useFormat() {
  const { locale } = useI18n()
  return {
    number: (value: number | null | undefined, style?: NumberStyle) => formatNumber(locale.value, value, style),
    moment: (at: Moment | null | undefined, style?: 'minute' | 'second' | 'day' | 'time') =>
      formatMoment(locale.value, at, style),
    relative: (at: Moment, now = Date.now()) => formatRelative(locale.value, at, now),
  }
}
