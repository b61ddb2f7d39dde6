import { Document, Moon, Operation, Search, Sunny, SwitchButton } from '@element-plus/icons-vue'
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
  /** Under which heading it stands. */
  group: 'pages' | 'actions' | 'find'
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
        group: 'pages' as const,
        keys: page.shortcut === undefined ? undefined : `G ${page.shortcut.toUpperCase()}`,
        run: () => void router.push({ name: page.name }),
      })),
      {
        id: 'theme',
        title: t(preferences.dark ? 'frame.command.light' : 'frame.command.dark'),
        icon: preferences.dark ? Sunny : Moon,
        group: 'actions',
        run: () => (preferences.theme = preferences.dark ? 'light' : 'dark'),
      },
      {
        id: 'language',
        title: LANGUAGES[other],
        icon: Operation,
        group: 'actions',
        run: () => (preferences.language = other),
      },
      {
        id: 'docs',
        title: t('frame.command.docs'),
        icon: Document,
        group: 'actions',
        run: () => void window.open(address('/docs'), '_blank'),
      },
      ...(session.session === undefined
        ? []
        : [
            {
              id: 'leave',
              title: t('frame.logOut'),
              icon: SwitchButton,
              group: 'actions' as const,
              run: () => void session.logOut().then(() => router.push({ name: 'login' })),
            },
          ]),
    ]
  })

  function matching(words: string): Command[] {
    const wanted = words.trim().toLowerCase()
    if (wanted === '') return commands.value
    // Each word, wherever it stands; names in the code are English, whatever the page speaks.
    const parts = wanted.split(/\s+/)
    const found = commands.value.filter((command) => {
      const text = `${command.title.toLowerCase()} ${command.id}`
      return parts.every((part) => text.includes(part))
    })
    if (session.session === undefined) return found
    const look = (name: string, title: string): Command => ({
      id: `look-${name}`,
      title,
      icon: Search,
      group: 'find',
      run: () => void router.push({ name, query: { q: words.trim() } }),
    })
    if (/^[\da-f-]{32,36}$/.test(wanted)) {
      const open = () => void router.push({ name: 'request', params: { id: wanted } })
      found.push({
        id: 'open-request',
        title: t('frame.command.request', { id: wanted }),
        icon: Search,
        group: 'find',
        run: open,
      })
    }
    if (session.isAdministrator) found.push(look('keys', t('frame.command.findKeys', { words: words.trim() })))
    return found
  }

  return { commands, matching }
}
