import {
  createRouter,
  createWebHistory,
  type Router,
  type RouteLocationNormalized,
  type RouteRecordRaw,
} from 'vue-router'

import { basePath } from '@/api/base'
import { session } from '@/api/session'
import { PAGES, type PageEntry } from '@/navigation'

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

export function createPageRouter(): Router {
  const router = createRouter({
    history: createWebHistory(basePath),
    routes: ROUTES,
    scrollBehavior: (to, from, saved) => saved ?? (to.path === from.path ? undefined : { top: 0 }),
  })
  router.beforeEach(guard)
  return router
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
