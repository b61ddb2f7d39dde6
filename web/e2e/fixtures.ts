// What every test of the page begins with: a gateway, a browser that is watched, words in its language.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { AxeBuilder } from '@axe-core/playwright'
import { test as base, expect, type Page } from '@playwright/test'

import { Gateway, PASSWORD } from './gateway.ts'

export { expect, Gateway, PASSWORD }

/** How a project looks at the page; see playwright.config.ts. */
export interface Look {
  language: 'en' | 'zh'
}

/** What the page may do that would fail a test otherwise: told before it happens. */
export interface Watch {
  /** A line in the console like this is meant to be: `watch.expect(/status of 403/)`. */
  expect: (line: RegExp) => void
}

interface Fixtures {
  /** Faults of the page fail the test: errors in the console, addresses elsewhere. */
  watch: Watch
  /** The page's words in the project's language: `t('keys.title')`. */
  t: (name: string, values?: Record<string, string | number>) => string
  /** Logs in, by the API: as the administrator, or with an access key. */
  logIn: (secret?: string) => Promise<void>
  /** Looks at the page as it is now: complete, within the window, without jumps, accessible; keeps a picture. */
  look: (name: string) => Promise<void>
}

interface WorkerFixtures extends Look {
  /** A gateway in demo mode, shared by the tests of a worker; they run one after the other. */
  gateway: Gateway
}

export const test = base.extend<Fixtures, WorkerFixtures>({
  language: ['en', { option: true, scope: 'worker' }],

  gateway: [
    // oxlint-disable-next-line no-empty-pattern -- Playwright reads here what a fixture stands on
    async ({}, use) => {
      const gateway = await Gateway.start()
      await use(gateway)
      await gateway.stop()
    },
    { scope: 'worker', timeout: 90_000 },
  ],

  baseURL: async ({ gateway }, use) => use(`${gateway.url}/`),

  watch: [
    async ({ page, baseURL }, use) => {
      const faults: string[] = []
      const expected: RegExp[] = []
      page.on('console', (message) => {
        if (message.type() === 'error' || message.type() === 'warning') faults.push(`console: ${message.text()}`)
      })
      page.on('pageerror', (error) => faults.push(`error: ${error.stack ?? error.message}`))
      page.on('request', (request) => {
        const url = new URL(request.url())
        const own = url.hostname === new URL(baseURL ?? '').hostname
        if (!own && /^(https?|wss?):$/.test(url.protocol)) faults.push(`a foreign host: ${request.url()}`)
      })
      await page.addInitScript(observeShifts)
      await use({ expect: (line) => expected.push(line) })
      expect(faults.filter((fault) => !expected.some((line) => line.test(fault)))).toEqual([])
    },
    { auto: true },
  ],

  t: async ({ language }, use) => {
    const words = readWords(language)
    await use((name, values = {}) => {
      const text = words.get(name)
      if (text === undefined) throw new Error(`there is no word '${name}'`)
      return text.replace(/\{(\w+)\}/g, (_, value: string) => String(values[value] ?? ''))
    })
  },

  logIn: async ({ page, gateway }, use) => {
    await use(async (secret) => {
      const token = await gateway.logIn(secret)
      const life = token.expires_in * 1_000
      const now = Date.now()
      const session = {
        token: token.access_token,
        expiresAt: now + life,
        renewAt: now + life / 2,
        name: token.name,
        role: token.role,
      }
      await page.addInitScript((text) => {
        // Once for the tab: who logs out stays so.
        if (sessionStorage.getItem('e2e') !== null) return
        sessionStorage.setItem('e2e', 'logged in')
        localStorage.setItem('gap.session', text)
      }, JSON.stringify(session))
    })
  },

  look: async ({ page }, use, info) => {
    await use(async (name) => {
      await settle(page)
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
      expect(wide, 'pixels wider than the window').toBeLessThanOrEqual(0)
      expect(await page.evaluate(() => window.shifts ?? 0), 'cumulative layout shift').toBeLessThan(0.05)
      await page.screenshot({
        path: join(import.meta.dirname, '../screenshots', info.project.name, `${name}.png`),
        fullPage: true,
      })
      await expectAccessible(page)
    })
  },
})

/** Until nothing is on its way any more. */
export async function settle(page: Page): Promise<void> {
  await expect(page.locator('#app > *').first()).toBeVisible()
  await expect(page.locator('.skeleton:visible, [aria-busy=true]:visible')).toHaveCount(0)
  await page.evaluate(() => document.fonts.ready)
}

/** No finding of axe that is serious or worse. */
export async function expectAccessible(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze()
  const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
  expect(serious.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html.slice(0, 200)).join('\n')}`)).toEqual(
    [],
  )
}

declare global {
  interface Window {
    /** Cumulative layout shift so far. */
    shifts?: number
  }
}

/**
 * What the standard calls Cumulative Layout Shift: the worst burst of shifts (at most 1 s apart, 5 s long) that no input
 * explains. What a click asks of the gateway may take longer than the half second that browsers allow for, on a slow machine.
 */
function observeShifts() {
  const PATIENCE = 5_000
  let [asked, began, ended, sum] = [-Infinity, 0, 0, 0]
  for (const input of ['pointerdown', 'keydown', 'input']) {
    addEventListener(input, () => (asked = performance.now()), { capture: true })
  }
  window.shifts = 0
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries() as (PerformanceEntry & { value: number; hadRecentInput: boolean })[]) {
      const { startTime: at } = entry
      if (entry.hadRecentInput || (at >= asked && at - asked < PATIENCE)) continue
      if (at - ended > 1_000 || at - began > 5_000) [began, sum] = [at, 0]
      ;[ended, sum] = [at, sum + entry.value]
      window.shifts = Math.max(window.shifts ?? 0, sum)
    }
  }).observe({ type: 'layout-shift', buffered: true })
}

function readWords(language: string): Map<string, string> {
  const folder = join(import.meta.dirname, '../src/locales', language)
  const words = new Map<string, string>()
  const add = (value: unknown, name: string): void => {
    if (typeof value === 'string') words.set(name, value)
    else for (const [part, inner] of Object.entries(value as object)) add(inner, `${name}.${part}`)
  }
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.json'))) {
    add(JSON.parse(readFileSync(join(folder, file), 'utf8')), file.replace('.json', ''))
  }
  return words
}

/** Debian's names for the browser, and others'. GAP_CHROMIUM names one elsewhere. */
export function chromium(): string {
  if (process.env.GAP_CHROMIUM) return process.env.GAP_CHROMIUM
  const folders = (process.env.PATH ?? '').split(':')
  for (const name of ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']) {
    const path = folders.map((folder) => join(folder, name)).find(existsSync)
    if (path !== undefined) return path
  }
  throw new Error('there is no chromium in PATH: install it (apt-get install chromium), or name one in GAP_CHROMIUM')
}
