import 'element-plus/es/components/message/style/css'

import { ElMessage } from 'element-plus/es/components/message/index'

import { messageOf } from '@/api/client'

/** The page's one way to say that something was done, or was not. Errors stay longer and can be closed. */
export const notify = {
  done: (text: string) => void ElMessage({ type: 'success', message: text, grouping: true }),
  info: (text: string) => void ElMessage({ type: 'info', message: text, grouping: true }),
  failed: (error: unknown) =>
    void ElMessage({ type: 'error', message: messageOf(error), grouping: true, duration: 8_000, showClose: true }),
}
