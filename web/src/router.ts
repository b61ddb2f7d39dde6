import {
  createRouter,
  createWebHistory,
  type Router,
  type RouteLocationNormalized,
  type RouteRecordRaw,
} from 'vue-router'

import { basePath } from '@/api/base'
import { onReturn, reportSilence } from '@/api/connection'
import { session } from '@/api/session'
import { completeWords } from '@/i18n'
import { PAGES, type PageEntry, pagesFor } from '@/navigation'

declare module 'vue-router' {
  interface RouteMeta {
    /** The page's name in the navigation. */
    page?: string
    /** Open to everybody. */
    open?: boolean
    /** For administrators alone; others see the page that says so. */
    administrator?: boolean
  }
}

function routeOf(page: PageEntry): RouteRecordRaw {
  return {
    name: page.name,
    path: page.path,
    component: page.load,
    meta: { page: page.name, open: page.open, administrator: page.administrator },
  }
}

const ROUTES: RouteRecordRaw[] = [
  ...PAGES.map(routeOf),
  { path: '/app', redirect: { name: 'dashboard' } },
  {
    name: 'not-found',
    path: '/:path(.*)*',
    component: () => import('@/pages/error/NotFoundPage.vue'),
    meta: { open: true },
  },
]

/** Pages whose words are among the first; see locales. */
const FIRST = new Set(['status', 'login', 'dashboard', 'keys', 'not-found'])

/** Fetches the pages that may be opened next, one after the other, so that they open at once. */
export async function prefetchPages(): Promise<void> {
  if (session.value === undefined) return
  try {
    await completeWords()
    for (const page of pagesFor(session.value.role === 'administrator')) {
      // One by one: what the page that is shown needs comes first.
      // oxlint-disable-next-line no-await-in-loop
      await page.load()
    }
  } catch {
    // They are fetched when they are opened.
  }
}

export function createPageRouter(): Router {
  const router = createRouter({
    history: createWebHistory(basePath),
    routes: ROUTES,
    scrollBehavior: (to, from, saved) => saved ?? (to.path === from.path ? undefined : { top: 0 }),
  })
  router.beforeEach(guard)
  router.onError((error, to) => isUnfetched(error) && openAgain(router.resolve(to).href))
  router.beforeResolve(async (to) => {
    if (!FIRST.has(String(to.name))) await completeWords()
  })
  return router
}

/** Whether a page's code could not be fetched: nobody answers, or a newer GAP has other files. */
const isUnfetched = (error: unknown): boolean =>
  error instanceof Error && /dynamically imported module|Importing a module|preload CSS/i.test(error.message)

const RELOADED = 'gap.reloaded-at'
const RELOAD_EVERY = 30_000

/** Opens an address anew once GAP answers; not again and again, where it does answer and the file is missing still. */
function openAgain(href: string): void {
  const stop = onReturn(() => {
    stop()
    if (Date.now() - Number(sessionStorage.getItem(RELOADED)) < RELOAD_EVERY) return
    sessionStorage.setItem(RELOADED, String(Date.now()))
    location.assign(href)
  })
  reportSilence()
}

/** Sends those who must log in to do so, and those who have past the login. */
export function guard(to: RouteLocationNormalized): true | { name?: string; path?: string; query?: { next: string } } {
  const known = session.value !== undefined
  if (to.meta.open !== true && !known) return { name: 'login', query: { next: to.fullPath } }
  if (to.name === 'login' && known) return { path: safeNext(to.query.next) }
  return true
}

/** Where to go after the login: a path of this page, never another site. */
export function safeNext(next: unknown): string {
  return typeof next === 'string' && /^\/(?![/\\])/.test(next) && !next.startsWith('/login') ? next : '/app/dashboard'
}
