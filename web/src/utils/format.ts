// How facts are written in a language. Everything that stands on a page as a number or a time comes from here.

/** What is written where there is nothing to say. */
export const NOTHING = '–'

export type NumberStyle = 'plain' | 'compact' | 'percent' | 'money' | 'duration' | 'bytes'

const formats = new Map<string, Intl.NumberFormat>()

function numberFormat(language: string, options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const name = language + JSON.stringify(options)
  let format = formats.get(name)
  if (format === undefined) {
    format = new Intl.NumberFormat(language, options)
    formats.set(name, format)
  }
  return format
}

/** A number in one of the ways of the page; money is in dollars, a duration in milliseconds, a percentage a fraction of 1. */
export function formatNumber(language: string, value: number | null | undefined, style: NumberStyle = 'plain'): string {
  if (value === undefined || value === null || !Number.isFinite(value)) return NOTHING
  switch (style) {
    case 'plain':
      return numberFormat(language, { maximumFractionDigits: 2 }).format(value)
    case 'compact':
      return numberFormat(language, { notation: 'compact', maximumSignificantDigits: value < 1_000 ? 4 : 3 }).format(
        value,
      )
    case 'percent':
      return numberFormat(language, { style: 'percent', maximumFractionDigits: 1 }).format(value)
    case 'money':
      return formatMoney(language, value)
    case 'duration':
      return formatDuration(language, value)
    case 'bytes':
      return formatBytes(language, value)
  }
}

/** Dollars: cents from one dollar on, below that as many digits as say something. */
function formatMoney(language: string, amount: number): string {
  const digits: Intl.NumberFormatOptions =
    amount === 0 || Math.abs(amount) >= 1
      ? { minimumFractionDigits: 2, maximumFractionDigits: 2 }
      : { minimumFractionDigits: 2, maximumFractionDigits: 6, maximumSignificantDigits: 3 }
  return numberFormat(language, {
    style: 'currency',
    currency: 'USD',
    currencyDisplay: 'narrowSymbol',
    ...digits,
  }).format(amount)
}

const UNITS = [
  { unit: 'day', milliseconds: 86_400_000 },
  { unit: 'hour', milliseconds: 3_600_000 },
  { unit: 'minute', milliseconds: 60_000 },
  { unit: 'second', milliseconds: 1_000 },
] as const

/** `340 ms`, `2.1 s`, `3 min 20 s`, `4 h 5 min`: never more than two units. */
export function formatDuration(language: string, milliseconds: number): string {
  const unit = (value: number, name: string, digits = 0) =>
    numberFormat(language, { style: 'unit', unit: name, unitDisplay: 'short', maximumFractionDigits: digits }).format(
      value,
    )
  if (milliseconds < 1_000) return unit(milliseconds, 'millisecond')
  if (milliseconds < 60_000) return unit(milliseconds / 1_000, 'second', milliseconds < 10_000 ? 1 : 0)
  const first = UNITS.findIndex((one) => milliseconds >= one.milliseconds)
  const [large, small] = [UNITS[first], UNITS[first + 1]]
  if (large === undefined || small === undefined) return unit(milliseconds / 1_000, 'second')
  const whole = Math.floor(milliseconds / large.milliseconds)
  const rest = Math.floor((milliseconds % large.milliseconds) / small.milliseconds)
  return rest === 0 ? unit(whole, large.unit) : `${unit(whole, large.unit)} ${unit(rest, small.unit)}`
}

function formatBytes(language: string, bytes: number): string {
  const names = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte']
  const power = bytes < 1_000 ? 0 : Math.min(Math.floor(Math.log10(bytes) / 3), names.length - 1)
  const options: Intl.NumberFormatOptions = {
    style: 'unit',
    unit: names[power],
    unitDisplay: 'short',
    maximumFractionDigits: 1,
  }
  return numberFormat(language, options).format(bytes / 1_000 ** power)
}

export type Moment = string | number | Date

const dates = new Map<string, Intl.DateTimeFormat>()

/** A moment in this browser's time zone; without seconds unless they are asked for. */
export function formatMoment(
  language: string,
  at: Moment | null | undefined,
  style: 'minute' | 'second' | 'day' | 'time' = 'minute',
): string {
  if (at === undefined || at === null) return NOTHING
  const date = new Date(at)
  if (Number.isNaN(date.getTime())) return NOTHING
  const name = `${language} ${style}`
  let format = dates.get(name)
  if (format === undefined) {
    format = new Intl.DateTimeFormat(language, MOMENTS[style])
    dates.set(name, format)
  }
  return format.format(date)
}

const MOMENTS: Record<string, Intl.DateTimeFormatOptions> = {
  minute: { dateStyle: 'medium', timeStyle: 'short' },
  second: { dateStyle: 'medium', timeStyle: 'medium' },
  day: { dateStyle: 'medium' },
  time: { timeStyle: 'medium' },
}

const STEPS = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
] as const

/** `5 minutes ago`, `in 2 days`. */
export function formatRelative(language: string, at: Moment, now: number): string {
  const seconds = Math.round((new Date(at).getTime() - now) / 1_000)
  const [unit, size] = STEPS.find((step) => Math.abs(seconds) >= step[1]) ?? ['second', 1]
  return new Intl.RelativeTimeFormat(language, { numeric: 'auto', style: 'short' }).format(
    Math.trunc(seconds / size),
    unit,
  )
}

/** Money as the API counts it, in billionths of a dollar, as dollars. */
export function dollars(nanos: number): number {
  return nanos / 1e9
}
