// The form of the configuration: which settings are shown, what was changed in it, and what is sent.
import type { Schema } from '@/api/client'

export type Setting = Schema<'SettingView'>
/** Values that were entered, by the names of their settings; `null` gives a setting back to the configuration. */
export type Draft = Record<string, string | null>

export const VIEWS = ['changeable', 'set', 'all'] as const
export type View = (typeof VIEWS)[number]

const NOT_SET = 'not set'

/** Settings by their sections, as far as a view and words ask for them. */
export function arrange(
  settings: readonly Setting[],
  view: View,
  words: string,
): { section: string; settings: Setting[] }[] {
  const wanted = words.trim().toLowerCase().split(/\s+/)
  const sections = new Map<string, Setting[]>()
  for (const setting of settings) {
    if (view === 'changeable' && !setting.changeable) continue
    if (view === 'set' && isDefault(setting)) continue
    const text = `${setting.name} ${setting.setting} ${variableOf(setting)} ${setting.meaning}`.toLowerCase()
    if (!wanted.every((word) => text.includes(word))) continue
    const section = sections.get(setting.section) ?? []
    section.push(setting)
    sections.set(setting.section, section)
  }
  return [...sections].map(([section, found]) => ({ section, settings: found }))
}

/** Whether nobody chose its value. */
export function isDefault(setting: Setting): boolean {
  return setting.source === 'default' || setting.source === 'default of this mode'
}

/** The environment variable that sets it. */
export function variableOf({ name }: Setting): string {
  return name.includes('.') ? `GAP_${name.toUpperCase().replaceAll('.', '__')}` : name.toUpperCase()
}

/** Its value as a form holds it. */
export function valueOf(setting: Setting): string {
  return setting.value === NOT_SET ? '' : setting.value
}

/** The draft with a value entered, or taken back where it is what stands already. */
export function enter(draft: Draft, setting: Setting, value: string | null): Draft {
  const { [setting.name]: _before, ...others } = draft
  return value === valueOf(setting) ? others : { ...others, [setting.name]: value }
}

/** What PUT is sent: each value in the type that its setting takes. */
export function changesOf(draft: Draft, settings: readonly Setting[]): Record<string, unknown> {
  const kinds = new Map(settings.map((setting) => [setting.name, setting.field]))
  return Object.fromEntries(
    Object.entries(draft).map(([name, value]) => [name, value === null ? null : typed(value, kinds.get(name))]),
  )
}

function typed(value: string, field: Setting['field'] | undefined): unknown {
  if (field === 'switch') return value === 'true'
  // What is no number is sent as it is: the gateway says what it takes.
  if (field === 'number' && /^-?\d+$/.test(value.trim())) return Number(value)
  return value
}

/** How the API words where a value stands, and values that are not to be shown: words of its own, the rest are names. */
export function wordsOfSource(source: string): 'default' | 'mode' | 'command' | 'changed' | undefined {
  switch (source) {
    case 'default':
      return 'default'
    case 'default of this mode':
      return 'mode'
    case 'command line':
      return 'command'
    case 'changed at run time':
      return 'changed'
    default:
      return undefined
  }
}

export type ShownValue =
  | { kind: 'text'; text: string }
  | { kind: 'unset' }
  | { kind: 'values' | 'characters'; count: number }

/** A value as it is to be shown. */
export function shownValue(value: string): ShownValue {
  if (value === NOT_SET) return { kind: 'unset' }
  const hidden = /^set \((\d+) (value|character)s?\)$/.exec(value)
  if (hidden === null) return { kind: 'text', text: value }
  return { kind: hidden[2] === 'value' ? 'values' : 'characters', count: Number(hidden[1]) }
}
