// The whole page as a person goes through it, with the keyboard alone, and what may happen to it on the way.
import { gzipSync } from 'node:zlib'

import { PAGES, pagesFor } from '../src/navigation.ts'
import { expect, Gateway, settle, test } from './fixtures.ts'

/** Everything that the first page needs, compressed. */
const FIRST_LOAD = 250_000

test('every page opens by its shortcut, survives a reload, and has a title of its own', async ({ page, logIn, t }) => {
  await logIn()
  await page.goto('./app/dashboard')
  const titles = new Set<string>()
  for (const { name, path, shortcut } of pagesFor(true)) {
    await expect(page.locator('main')).toBeVisible()
    await page.keyboard.press('g')
    await page.keyboard.press(shortcut ?? '')
    await expect(page).toHaveURL(new RegExp(`${path.replace(/\/:.*/, '')}(/|$|\\?)`))
    const heading = page.getByRole('heading', { level: 1 })
    await expect(heading).toBeVisible()
    const said = await heading.innerText()
    await page.reload()
    await expect(page.getByRole('heading', { level: 1, name: said })).toBeVisible()
    titles.add(await page.title())
    await expect(page, t(`navigation.${name}`)).toHaveTitle(/· GAP$/)
  }
  expect(titles.size).toBe(pagesFor(true).length)
})

test.describe('a wide window', () => {
  test.use({ viewport: { width: 1440, height: 900 } })

  test('every page can be reached by Tab and Enter from the beginning', async ({ page, logIn, t }) => {
    await logIn()
    await page.goto('./app/dashboard')
    await settle(page)
    await page.keyboard.press('Tab')
    await expect(page.getByText(t('frame.skip'))).toBeFocused()
    const found = new Set<string>()
    for (let step = 0; step < pagesFor(true).length + 3; step += 1) {
      await page.keyboard.press('Tab')
      const text = await page.evaluate(() => document.activeElement?.textContent?.trim() ?? '')
      found.add(text)
    }
    for (const { name } of pagesFor(true)) expect([...found]).toContain(t(`navigation.${name}`))
  })
})

test.describe('a narrow window', () => {
  test.use({ viewport: { width: 360, height: 780 } })

  test('a narrow page has its navigation in a drawer', async ({ page, logIn, t }) => {
    await logIn()
    await page.goto('./app/dashboard')
    await page.getByRole('button', { name: t('frame.openNavigation') }).click()
    const drawer = page.getByRole('dialog')
    await drawer.getByRole('link', { name: t('navigation.access-keys') }).click()
    await expect(page).toHaveURL(/access-keys/)
    await expect(drawer).toBeHidden()
  })
})

test('the command palette finds a page and opens it', { tag: '@look' }, async ({ page, logIn, t, look }) => {
  await logIn()
  await page.goto('./app/dashboard')
  await settle(page)
  await page.keyboard.press('Control+k')
  const field = page.getByRole('combobox', { name: t('frame.search') })
  await expect(field).toBeFocused()
  await look('palette')
  await field.fill('play')
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(/playground/)
  await page.keyboard.press('/')
  await field.fill('zzzz no such thing')
  await page.keyboard.press('Escape')
  await expect(field).toBeHidden()
  await page.keyboard.press('Shift+?')
  await expect(page.getByRole('dialog', { name: t('frame.shortcuts') })).toBeVisible()
})

test('a deep link asks to log in, then shows what it names', async ({ page, t, watch }) => {
  await page.goto('./app/keys?state=resting')
  await expect(page).toHaveURL(/login\?next=/)
  const secret = page.getByLabel(t('frame.secret'), { exact: true })
  await expect(secret).toBeFocused()
  watch.expect(/status of 401/)
  await page.keyboard.type('wrong')
  await page.keyboard.press('Enter')
  await expect(page.getByRole('alert')).toHaveText(t('frame.secretRefused'))
  await secret.fill('demo')
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(/app\/keys\?state=resting/)
})

test('an ordinary user sees their own pages alone', { tag: '@look' }, async ({ page, gateway, logIn, t, look }) => {
  await logIn(await gateway.createUser('Ada'))
  await page.goto('./app/keys')
  await expect(page.getByText(t('error.forbidden'))).toBeVisible()
  await look('forbidden')
  await page.goto('./app/dashboard')
  await expect(page.getByText(t('dashboard.ownText'))).toBeVisible()
  await expect(page.getByText(t('dashboard.capacity.title'))).toHaveCount(0)
  await look('dashboard-user')
})

test('whoever logs out is out, in every tab', async ({ page, context, logIn, t }) => {
  await logIn()
  await page.goto('./app/dashboard')
  const other = await context.newPage()
  await other.goto('./app/usage')
  await expect(other).toHaveURL(/app\/usage/)
  await page.getByRole('button', { name: new RegExp(t('frame.account', { name: '' }).trim()) }).click()
  await page.getByRole('menuitem', { name: t('frame.logOut') }).click()
  await expect(page).toHaveURL(/login/)
  await expect(other.getByRole('dialog', { name: t('frame.renew') })).toBeVisible()
})

test.describe('a gateway of its own', () => {
  test('goes away and comes back, and the page with it', async ({ page, logIn, gateway, t, watch }) => {
    watch.expect(/Failed to load resource|ERR_|error: /)
    await logIn()
    await page.goto('./app/dashboard')
    await settle(page)
    await gateway.end()
    // A visible page asks by itself; nobody needs to reload.
    await expect(page.getByText(t('frame.down'))).toBeVisible({ timeout: 40_000 })
    await expect(page.getByRole('heading', { level: 1, name: t('dashboard.title') })).toBeVisible()
    await gateway.begin()
    await expect(page.getByText(t('frame.down'))).toBeHidden({ timeout: 30_000 })
    // The demo forgets its sessions, so the page asks to log in again, and stays.
    const dialog = page.getByRole('dialog', { name: t('frame.renew') })
    await expect(dialog).toBeVisible({ timeout: 20_000 })
    await dialog.getByLabel(t('frame.secret'), { exact: true }).fill('demo')
    await page.keyboard.press('Enter')
    await expect(dialog).toBeHidden()
    await expect(page).toHaveURL(/dashboard/)
  })

  test('may stand below a prefix', async ({ page, t, watch }) => {
    // It ends while the page still listens to it.
    watch.expect(/INCOMPLETE_CHUNKED/)
    const below = await Gateway.start({ ROOT_PATH: '/below/it' })
    try {
      await page.goto(`${below.url}/login?next=/app/usage`)
      await page.getByLabel(t('frame.secret'), { exact: true }).fill('demo')
      await page.keyboard.press('Enter')
      await expect(page).toHaveURL(`${below.url}/app/usage`)
      await page.reload()
      await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
      await page.keyboard.press('g')
      await page.keyboard.press('d')
      await expect(page).toHaveURL(`${below.url}/app/dashboard`)
      await settle(page)
    } finally {
      await below.stop()
    }
  })

  test('may keep its status for those who have logged in', { tag: '@look' }, async ({ page, t, watch, look }) => {
    watch.expect(/status of 401/)
    const closed = await Gateway.start({ PROTECT_STATUS_PAGE: 'true' })
    try {
      await page.goto(`${closed.url}/`)
      await expect(page.getByText(t('status.closed'))).toBeVisible()
      await expect(page.getByText(t('status.version'))).toHaveCount(0)
      await look('status-closed')
      await page
        .getByRole('main')
        .getByRole('button', { name: t('navigation.login') })
        .click()
      await page.getByLabel(t('frame.secret'), { exact: true }).fill('demo')
      await page.keyboard.press('Enter')
      await expect(page.getByText(t('status.version'))).toBeVisible()
    } finally {
      await closed.stop()
    }
  })
})

test.describe('while nobody answers', () => {
  test.beforeEach(async ({ logIn, watch }) => {
    watch.expect(/Failed to load resource|ERR_|error: |Failed to fetch/)
    await logIn()
  })

  for (const { name, path } of PAGES.filter((one) => one.open !== true && !one.path.endsWith(':id'))) {
    test(`${name} says so, and recovers by itself`, async ({ page, t }) => {
      const api = /\/(api|v1|v1beta|healthz)(\/|$|\?)/
      await page.route(api, (route) => route.abort('connectionrefused'))
      await page.goto(`.${path.replace(/\/:.*/, '')}`)
      await expect(page.getByText(t('frame.down'))).toBeVisible()
      await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
      await page.unroute(api)
      await expect(page.getByText(t('frame.down'))).toBeHidden()
      await settle(page)
      await expect(page.getByText(t('common.unreachable'), { exact: true })).toHaveCount(0)
    })
  }

  test('a page whose code cannot be fetched opens when it can', async ({ page, t }) => {
    await page.addInitScript(() => {
      // Nothing is fetched beforehand.
      window.requestIdleCallback = () => 0
    })
    await page.goto('./app/dashboard')
    await settle(page)
    await page.route(/assets\/UsagePage|healthz/, (route) => route.abort('connectionrefused'))
    await page.keyboard.press('g')
    await page.keyboard.press('u')
    await expect(page.getByText(t('frame.down'))).toBeVisible()
    await page.unroute(/assets\/UsagePage|healthz/)
    await expect(page.getByRole('heading', { level: 1, name: t('usage.title') })).toBeVisible()
  })
})

/** Pages, and what stands there when the first view is complete. */
const FIRST_VIEWS = { login: 'main form button', 'app/dashboard': 'main dl dd', 'app/keys': 'main [data-key]' }

for (const [path, complete] of Object.entries(FIRST_VIEWS)) {
  test(`the first load of ${path} is small`, async ({ page, logIn }) => {
    if (path !== 'login') await logIn()
    const parts: Promise<[string, number]>[] = []
    let shown = false
    page.on('response', (response) => {
      const { pathname } = new URL(response.url())
      // Charts come after all else, and what is fetched when all is there delays nothing.
      if (shown || !/\.(js|css)$/.test(pathname) || /EChart/.test(pathname)) return
      parts.push(response.body().then((body) => [pathname, gzipSync(body).length]))
    })
    await page.addInitScript(() => {
      // Nothing is idle before the page has been seen.
      window.requestIdleCallback = () => 0
    })
    await page.goto(`./${path}`)
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
    await expect(page.locator(complete).first()).toBeVisible()
    shown = true
    const sizes = await Promise.all(parts)
    const total = sizes.reduce((sum, [, size]) => sum + size, 0)
    expect(sizes.length).toBeGreaterThan(2)
    expect(total, sizes.map(([name, size]) => `${size} ${name}`).join('\n')).toBeLessThan(FIRST_LOAD)
  })
}

test('every entry of the navigation has words, in both languages', ({ t }) => {
  for (const { name } of PAGES) expect(t(`navigation.${name}`)).not.toBe('')
})
