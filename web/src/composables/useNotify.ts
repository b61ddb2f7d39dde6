import { messageOf } from '@/api/client'
import { whenIdle } from '@/utils/late'

import type { MessageOptions } from 'element-plus/es/components/message/index'

/** Fetched when the page stands: nothing is said before. */
async function load() {
  const [{ ElMessage }] = await Promise.all([
    import('element-plus/es/components/message/index'),
    import('element-plus/theme-chalk/el-message.css'),
    import('element-plus/theme-chalk/el-badge.css'),
  ])
  return ElMessage
}
whenIdle(() => void load().catch(() => undefined))

const say = (options: MessageOptions) => void load().then((message) => message({ ...options, grouping: true }))

/** The page's one way to say that something was done, or was not. Errors stay longer and can be closed. */
export const notify = {
  done: (text: string) => say({ type: 'success', message: text }),
  info: (text: string) => say({ type: 'info', message: text }),
  failed: (error: unknown) => say({ type: 'error', message: messageOf(error), duration: 8_000, showClose: true }),
}
