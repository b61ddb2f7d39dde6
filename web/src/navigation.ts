// Every page of the product, in one place: the router, the navigation, the command palette and the shortcuts read this.
import {
  ChatDotRound,
  ChatLineSquare,
  Coin,
  DataAnalysis,
  Key,
  List,
  Monitor,
  Odometer,
  Setting,
  Unlock,
  User,
} from '@element-plus/icons-vue'
import type { Component } from 'vue'

export type PageName =
  | 'status'
  | 'login'
  | 'dashboard'
  | 'keys'
  | 'access-keys'
  | 'usage'
  | 'requests'
  | 'request'
  | 'conversations'
  | 'conversation'
  | 'caches'
  | 'playground'
  | 'settings'

export interface PageEntry {
  /** Its route, its file of words, and its title (`navigation.<name>`). */
  name: PageName
  path: string
  icon: Component
  /** Loads it when it is first needed. */
  load: () => Promise<{ default: Component }>
  /** Where it stands in the side navigation; pages without a group are reached from others. */
  group?: 'overview' | 'access' | 'use' | 'system'
  /** Open to everybody; else a login is asked for. */
  open?: true
  /** For administrators alone. */
  administrator?: true
  /** Pressed after `g`, it leads here. */
  shortcut?: string
}

export const PAGES: readonly PageEntry[] = [
  { name: 'status', path: '/', icon: Monitor, load: () => import('@/pages/status/StatusPage.vue'), open: true },
  { name: 'login', path: '/login', icon: User, load: () => import('@/pages/login/LoginPage.vue'), open: true },
  {
    name: 'dashboard',
    path: '/app/dashboard',
    icon: Odometer,
    load: () => import('@/pages/dashboard/DashboardPage.vue'),
    group: 'overview',
    shortcut: 'd',
  },
  {
    name: 'usage',
    path: '/app/usage',
    icon: DataAnalysis,
    load: () => import('@/pages/usage/UsagePage.vue'),
    group: 'overview',
    shortcut: 'u',
  },
  {
    name: 'requests',
    path: '/app/requests',
    icon: List,
    load: () => import('@/pages/requests/RequestsPage.vue'),
    group: 'overview',
    shortcut: 'r',
  },
  { name: 'request', path: '/app/requests/:id', icon: List, load: () => import('@/pages/request/RequestPage.vue') },
  {
    name: 'keys',
    path: '/app/keys',
    icon: Key,
    load: () => import('@/pages/keys/KeysPage.vue'),
    group: 'access',
    administrator: true,
    shortcut: 'k',
  },
  {
    name: 'access-keys',
    path: '/app/access-keys',
    icon: Unlock,
    load: () => import('@/pages/access-keys/AccessKeysPage.vue'),
    group: 'access',
    shortcut: 'a',
  },
  {
    name: 'conversations',
    path: '/app/conversations',
    icon: ChatLineSquare,
    load: () => import('@/pages/conversations/ConversationsPage.vue'),
    group: 'use',
    shortcut: 'c',
  },
  {
    name: 'conversation',
    path: '/app/conversations/:id',
    icon: ChatLineSquare,
    load: () => import('@/pages/conversation/ConversationPage.vue'),
  },
  {
    name: 'caches',
    path: '/app/caches',
    icon: Coin,
    load: () => import('@/pages/caches/CachesPage.vue'),
    group: 'use',
    shortcut: 'h',
  },
  {
    name: 'playground',
    path: '/app/playground',
    icon: ChatDotRound,
    load: () => import('@/pages/playground/PlaygroundPage.vue'),
    group: 'use',
    shortcut: 'p',
  },
  {
    name: 'settings',
    path: '/app/settings/:section?',
    icon: Setting,
    load: () => import('@/pages/settings/SettingsPage.vue'),
    group: 'system',
    shortcut: 's',
  },
]

export const GROUPS = ['overview', 'access', 'use', 'system'] as const

/** The pages that a person may open, in the order of the navigation. */
export function pagesFor(administrator: boolean): PageEntry[] {
  return PAGES.filter((page) => page.group !== undefined && (administrator || page.administrator !== true))
}
