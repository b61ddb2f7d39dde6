// Explicit caches: seen, kept for longer, deleted.
import type { Page } from '@playwright/test'

import { expect, type Gateway, PASSWORD, test } from './fixtures.ts'

/** Makes a cache as a client would; its words are long enough for every model. */
async function make(gateway: Gateway, name: string, secret = PASSWORD) {
  const text = 'A long introduction that many questions share. '.repeat(1_200)
  const response = await fetch(`${gateway.url}/api/v1/caches`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${secret}` },
    body: JSON.stringify({
      model: 'gemini-2.5-flash',
      display_name: name,
      ttl_seconds: 600,
      contents: [{ role: 'user', parts: [{ text }] }],
    }),
  })
  expect(response.ok, await response.text()).toBe(true)
}

/** A cache in the list: a row where there is room for columns, else a card. */
const entry = (page: Page, name: string) =>
  page
    .getByRole('main')
    .getByRole((page.viewportSize()?.width ?? 0) < 768 ? 'listitem' : 'row')
    .filter({ hasText: name })

test('a cache is seen, kept for longer, and deleted', { tag: '@look' }, async ({ page, t, gateway, logIn, look }) => {
  const name = `Handbook ${Date.now()}`
  await make(gateway, name)
  await logIn()
  await page.goto('./app/caches')
  const row = entry(page, name)
  await expect(row).toBeVisible()
  await expect(row.getByRole('timer')).toBeVisible()
  // Nothing of it is to be found by scrolling sideways.
  const box = await row.boundingBox()
  expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThanOrEqual(page.viewportSize()?.width ?? 0)
  await look('caches-list')
  const menu = page.getByRole('button', { name: t('caches.actionsOf', { title: name }) })
  await menu.click()
  await page.getByRole('menuitem', { name: t('caches.keep.day') }).click()
  await expect(page.getByText(t('common.saved'), { exact: true })).toBeVisible()
  await menu.click()
  await page.getByRole('menuitem', { name: t('common.delete') }).click()
  const question = page.getByRole('dialog')
  await question.getByRole('button', { name: t('common.delete') }).click()
  await expect(row).toHaveCount(0)
})

test('caches are filtered by who made them', async ({ page, t, gateway, logIn }) => {
  const name = `Filtered ${Date.now()}`
  await make(gateway, name)
  await logIn()
  await page.goto('./app/caches?kind=automatic')
  await expect(page.getByText(t('caches.noneMatch'))).toBeVisible()
  await page.getByRole('button', { name: t('caches.kind.user'), exact: true }).click()
  await expect(entry(page, name)).toBeVisible()
})
