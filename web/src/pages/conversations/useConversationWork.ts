import { useI18n } from 'vue-i18n'

import { download, type Schema } from '@/api/client'
import { confirm } from '@/composables/useConfirm'
import { notify } from '@/composables/useNotify'
import { type Conversation, conversationFile, useConversationActions } from '@/queries/conversations'

/** What a person does to one conversation or to many; each says what came of it. */
export function useConversationWork() {
  const { t, n } = useI18n()
  const { update, remove, bulk } = useConversationActions()

  async function pin(conversation: Conversation, pinned: boolean): Promise<void> {
    await update.mutateAsync({ id: conversation.id, change: { pinned } }).catch(notify.failed)
  }

  /** Whether it is gone now. */
  async function erase(conversation: Conversation): Promise<boolean> {
    const question = {
      title: t('conversations.ask.delete', { title: titleOf(conversation) }),
      text: t('conversations.ask.deleteText'),
      action: t('common.delete'),
      danger: true,
    }
    if (!(await confirm(question))) return false
    try {
      await remove.mutateAsync(conversation.id)
      notify.done(t('conversations.done.deleted', { count: 1 }, 1))
      return true
    } catch (failure) {
      notify.failed(failure)
      return false
    }
  }

  /** Whether it was done. */
  async function many(
    action: Schema<'BulkContextAction'>,
    chosen: Omit<Schema<'BulkContexts'>, 'action'>,
    count: number,
  ): Promise<boolean> {
    const question = {
      title: t('conversations.ask.deleteMany', { count: n(count) }, count),
      text: t('conversations.ask.deleteText'),
      action: t('common.delete'),
      danger: true,
    }
    if (action === 'delete' && !(await confirm(question))) return false
    try {
      const { changed } = await bulk.mutateAsync({ action, ...chosen })
      notify.done(t(`conversations.done.${DONE[action]}`, { count: n(changed) }, changed))
      return true
    } catch (failure) {
      notify.failed(failure)
      return false
    }
  }

  async function save(conversation: Conversation, format: 'json' | 'markdown'): Promise<void> {
    const ending = format === 'json' ? 'json' : 'md'
    const name = `gap-conversation-${conversation.id}.${ending}`
    await download(conversationFile(conversation.id, format), name).catch(notify.failed)
  }

  return { pin, erase, many, save, update }
}

const DONE = { delete: 'deleted', pin: 'pinned', unpin: 'unpinned' } as const

/** What people call it; its client's name where nobody said anything that could be a title. */
export function titleOf(conversation: Conversation): string {
  return conversation.title.trim() || conversation.name || conversation.id
}
