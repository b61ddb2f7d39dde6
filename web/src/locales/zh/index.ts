import type { Messages } from '@/i18n'

import { named } from '../named'

/** The words of the pages that people see first; `later.ts` has the others'. One file for each page. */
export default named(
  import.meta.glob<Messages>('./{common,frame,navigation,error,login,status,dashboard,keys}.json', {
    eager: true,
    import: 'default',
  }),
)
export { default as element } from 'element-plus/es/locale/lang/zh-cn'
