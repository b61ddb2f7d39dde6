import { inject, type InjectionKey, provide, type Ref, shallowRef } from 'vue'
import { useI18n } from 'vue-i18n'

import type { Schema } from '@/api/client'
import { confirm } from '@/composables/useConfirm'
import { notify } from '@/composables/useNotify'
import { type Chosen, useCheckActions, useKeyActions } from '@/queries/keys'

import { nameOf } from './buckets'

type Key = Schema<'KeyView'>
/** Keys that something is done to, and how many they are. */
export interface Subject {
  chosen: Chosen
  count: number
}

/** What can be done to keys from the list, the cards, the bar of chosen ones and a key's own drawer. */
export interface KeyWork {
  /** The key that is edited, or a new one. */
  editing: Ref<Key | 'new' | undefined>
  /** What is about to be switched off; a reason is asked for. */
  disabling: Ref<(Subject & { name?: string; done?: () => void }) | undefined>
  /** What is about to be filed under a project. */
  filing: Ref<(Subject & { done?: () => void }) | undefined>
  /** What is about to be given tags, or to lose some. */
  tagging: Ref<(Subject & { done?: () => void }) | undefined>
  importing: Ref<boolean>
  check: (chosen: Chosen) => Promise<void>
  enable: (key: Key) => Promise<void>
  reset: (key: Key) => Promise<void>
  remove: (key: Key) => Promise<boolean>
  bulk: (action: 'enable' | 'reset' | 'delete', subject: Subject) => Promise<boolean>
}

const KEY: InjectionKey<KeyWork> = Symbol('key work')

/** Makes the page's one place where work on keys begins. */
export function provideKeyWork(): KeyWork {
  const { t } = useI18n()
  const actions = useKeyActions()
  const checks = useCheckActions()

  const work: KeyWork = {
    editing: shallowRef(),
    disabling: shallowRef(),
    filing: shallowRef(),
    tagging: shallowRef(),
    importing: shallowRef(false),
    check: async (chosen) => void (await attempt(() => checks.begin.mutateAsync(chosen), '')),
    enable: async (key) =>
      void (await attempt(() => actions.enable.mutateAsync(key.id), t('keys.done.enabled', { name: nameOf(key) }))),
    reset: async (key) => {
      const title = t('keys.ask.reset', { name: nameOf(key) })
      if (!(await confirm({ title, text: t('keys.ask.resetText'), action: t('keys.action.reset') }))) return
      await attempt(() => actions.reset.mutateAsync(key.id), t('keys.done.reset', { name: nameOf(key) }))
    },
    remove: async (key) => {
      const title = t('keys.ask.delete', { name: nameOf(key) })
      const question = { title, text: t('keys.ask.deleteText'), action: t('common.delete'), danger: true }
      if (!(await confirm(question))) return false
      return attempt(() => actions.remove.mutateAsync(key.id), t('keys.done.deleted', { name: nameOf(key) }))
    },
    bulk: async (action, { chosen, count }) => {
      const question = {
        title: t(`keys.ask.bulk.${action}`, { count }),
        text: action === 'enable' ? undefined : t(action === 'delete' ? 'keys.ask.deleteText' : 'keys.ask.resetText'),
        action: t(action === 'delete' ? 'common.delete' : `keys.action.${action}`),
        danger: action === 'delete',
        // Many keys are gone with one click; the number makes sure that somebody has read it.
        type: action === 'delete' && count >= 10 ? String(count) : undefined,
      }
      if (!(await confirm(question))) return false
      return attempt(async () => {
        const { changed } = await actions.bulk.mutateAsync({ action, ...chosen })
        notify.done(t('keys.done.bulk', { count: changed }))
      }, '')
    },
  }
  provide(KEY, work)
  return work
}

/** The work on keys of the page around. */
export function useKeyWork(): KeyWork {
  const work = inject(KEY)
  if (work === undefined) throw new Error('no page around that works on keys')
  return work
}

/** Does something and says what came of it. */
async function attempt(deed: () => Promise<unknown>, done: string): Promise<boolean> {
  try {
    await deed()
    if (done) notify.done(done)
    return true
  } catch (error) {
    notify.failed(error)
    return false
  }
}
