import { inject, type InjectionKey, provide, type Ref, shallowRef } from 'vue'
import { useI18n } from 'vue-i18n'

import type { Schema } from '@/api/client'
import { confirm } from '@/composables/useConfirm'
import { notify } from '@/composables/useNotify'
import { useAccessKeyActions } from '@/queries/access-keys'

type AccessKey = Schema<'AccessKeyView'>

/** What can be done to access keys from the list and from a key's own drawer. */
export interface AccessKeyWork {
  /** The key that is edited, or a new one. */
  editing: Ref<AccessKey | 'new' | undefined>
  /** The key that gets another secret. */
  rotating: Ref<AccessKey | undefined>
  /** The secret that was just made; it is shown this once. */
  made: Ref<Schema<'NewAccessKey'> | undefined>
  enable: (key: AccessKey) => Promise<void>
  disable: (key: AccessKey) => Promise<void>
  remove: (key: AccessKey) => Promise<boolean>
}

const KEY: InjectionKey<AccessKeyWork> = Symbol('access key work')

/** Makes the page's one place where work on access keys begins. */
export function provideAccessKeyWork(): AccessKeyWork {
  const { t } = useI18n()
  const actions = useAccessKeyActions()

  const work: AccessKeyWork = {
    editing: shallowRef(),
    rotating: shallowRef(),
    made: shallowRef(),
    enable: async ({ id, name }) => {
      await attempt(() => actions.enable.mutateAsync(id), t('access-keys.done.enabled', { name }))
    },
    disable: async ({ id, name }) => {
      const title = t('access-keys.ask.disable', { name })
      const question = { title, text: t('access-keys.ask.disableText'), action: t('common.disable'), danger: true }
      if (!(await confirm(question))) return
      await attempt(() => actions.disable.mutateAsync(id), t('access-keys.done.disabled', { name }))
    },
    remove: async ({ id, name }) => {
      const title = t('access-keys.ask.delete', { name })
      const question = { title, text: t('access-keys.ask.deleteText'), action: t('common.delete'), danger: true }
      if (!(await confirm(question))) return false
      return attempt(() => actions.remove.mutateAsync(id), t('access-keys.done.deleted', { name }))
    },
  }
  provide(KEY, work)
  return work
}

/** The work on access keys of the page around. */
export function useAccessKeyWork(): AccessKeyWork {
  const work = inject(KEY)
  if (work === undefined) throw new Error('no page around that works on access keys')
  return work
}

/** Does something and says what came of it. */
async function attempt(deed: () => Promise<unknown>, done: string): Promise<boolean> {
  try {
    await deed()
    notify.done(done)
    return true
  } catch (error) {
    notify.failed(error)
    return false
  }
}
