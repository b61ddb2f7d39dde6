import { Document, Moon, Operation, Search, SwitchButton } from '@element-plus/icons-vue'
import { type Component, computed } from 'vue'
import { useI18n } from 'vue-i18n'
import { useRouter } from 'vue-router'

import { address } from '@/api/base'
import { LANGUAGES } from '@/i18n'
import { pagesFor } from '@/navigation'
import { usePreferences } from '@/stores/preferences'
import { useSession } from '@/stores/session'

/** Something that can be done from anywhere. */
export interface Command {
  id: string
  title: string
  icon: Component
  /** Which keys do the same. */
  keys?: string
  run: () => void
}

/** What the command palette offers; `matching` finds among it, and offers to look for the words themselves. */
export function useCommands() {
  const { t } = useI18n()
  const router = useRouter()
  const session = useSession()
  const preferences = usePreferences()

  const commands = computed<Command[]>(() => {
    const pages = session.session === undefined ? [] : pagesFor(session.isAdministrator)
    const other = preferences.language === 'en' ? 'zh-CN' : 'en'
    return [
      ...pages.map((page) => ({
        id: page.name,
        title: t(`navigation.${page.name}`),
        icon: page.icon,
        keys: page.shortcut === undefined ? undefined : `G ${page.shortcut.toUpperCase()}`,
        run: () => void router.push({ name: page.name }),
      })),
      {
        id: 'theme',
        title: t(preferences.dark ? 'frame.command.light' : 'frame.command.dark'),
        icon: Moon,
        run: () => (preferences.theme = preferences.dark ? 'light' : 'dark'),
      },
      { id: 'language', title: LANGUAGES[other], icon: Operation, run: () => (preferences.language = other) },
      {
        id: 'docs',
        title: t('frame.command.docs'),
        icon: Document,
        run: () => void window.open(address('/docs'), '_blank'),
      },
      ...(session.session === undefined
        ? []
        : [
            {
              id: 'leave',
              title: t('frame.logOut'),
              icon: SwitchButton,
              run: () => void session.logOut().then(() => router.push({ name: 'login' })),
            },
          ]),
    ]
  })

  function matching(words: string): Command[] {
    const wanted = words.trim().toLowerCase()
    if (wanted === '') return commands.value
    const found = commands.value.filter(
      (command) => command.title.toLowerCase().includes(wanted) || command.id.includes(wanted),
    )
    if (session.session === undefined) return found
    const look = (name: string, title: string): Command => ({
      id: `look-${name}`,
      title,
      icon: Search,
      run: () => void router.push({ name, query: { q: words.trim() } }),
    })
    if (/^[\da-f-]{32,36}$/.test(wanted)) {
      const open = () => void router.push({ name: 'request', params: { id: wanted } })
      found.push({ id: 'open-request', title: t('frame.command.request', { id: wanted }), icon: Search, run: open })
    }
    if (session.isAdministrator) found.push(look('keys', t('frame.command.findKeys', { words: words.trim() })))
    return found
  }

  return { commands, matching }
}
