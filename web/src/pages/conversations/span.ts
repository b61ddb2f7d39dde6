/** What a time to live is counted in, in seconds. */
export const UNITS = { minutes: 60, hours: 3_600, days: 86_400 } as const
export type Unit = keyof typeof UNITS

/** Seconds in the largest unit that counts them whole; what no unit does is rounded up to minutes. */
export function splitSpan(seconds: number): { count: number; unit: Unit } {
  const unit = (['days', 'hours'] as const).find((name) => seconds >= UNITS[name] && seconds % UNITS[name] === 0)
  if (unit !== undefined) return { count: seconds / UNITS[unit], unit }
  return { count: Math.max(1, Math.ceil(seconds / UNITS.minutes)), unit: 'minutes' }
}

/** The seconds again; nothing when what was entered is no number above zero. */
export function joinSpan(count: number | undefined, unit: Unit): number | undefined {
  if (count === undefined || !Number.isInteger(count) || count < 1) return undefined
  return count * UNITS[unit]
}
