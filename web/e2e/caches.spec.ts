// Explicit caches: seen, kept for longer, deleted.
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

test('a cache is seen, kept for longer, and deleted', { tag: '@look' }, async ({ page, t, gateway, logIn, look }) => {
  const name = `Handbook ${Date.now()}`
  await make(gateway, name)
  await logIn()
  await page.goto('./app/caches')
  const row = page.getByRole('row').filter({ hasText: name })
  await expect(row).toBeVisible()
  await expect(row.getByRole('timer')).toBeVisible()
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
  await expect(page.getByRole('row').filter({ hasText: name })).toBeVisible()
})
