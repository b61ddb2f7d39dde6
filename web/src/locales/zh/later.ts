import type { Messages } from '@/i18n'

import { named } from '../named'

export default named(
  import.meta.glob<Messages>(['./*.json', '!./{common,frame,navigation,error,login,status,dashboard,keys}.json'], {
    eager: true,
    import: 'default',
  }),
)
