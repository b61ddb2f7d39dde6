// Access keys: making one, giving it limits, replacing it, and what its owner sees.
import type { Locator, Page } from '@playwright/test'

import { expect, test } from './fixtures.ts'

const dialog = (page: Page, title: string): Locator => page.getByRole('dialog', { name: title })

let count = 0
function newName(what: string): string {
  count += 1
  return `${what} ${process.pid}-${count}`
}

test('an access key from its making to its end', { tag: '@look' }, async ({ page, t, logIn, look }) => {
  const name = newName('mobile app')
  await logIn()
  await page.goto('./app/access-keys')
  await page
    .getByRole('button', { name: t('access-keys.create') })
    .first()
    .click()
  const form = dialog(page, t('access-keys.create'))
  await form.getByLabel(t('common.name')).fill(name)
  await form.getByLabel(t('access-keys.rpd')).fill('40')
  await form
    .getByRole('group', { name: t('access-keys.moneyBudget') })
    .getByLabel(t('access-keys.period.month'))
    .fill('5')
  await look('access-key-form')
  await form.getByRole('button', { name: t('common.create'), exact: true }).click()

  const secret = dialog(page, t('access-keys.secret.title', { name }))
  const key = secret.getByLabel(t('access-keys.key'))
  await expect(key).toHaveValue(/^gap-[\da-f]{48}$/)
  // All of it can be seen, however many lines it takes.
  for (const field of await secret.locator('textarea').all()) {
    const hidden = await field.evaluate((one) => one.scrollHeight - one.clientHeight)
    expect(hidden, 'pixels that are cut off').toBeLessThanOrEqual(0)
  }
  await look('access-key-secret')
  // Whoever closes it without a copy is asked first.
  await secret
    .getByRole('button', { name: t('common.close') })
    .last()
    .click()
  await dialog(page, t('access-keys.secret.ask'))
    .getByRole('button', { name: t('common.cancel') })
    .click()
  await secret
    .getByRole('button', { name: t('common.copy') })
    .first()
    .click()
  await secret
    .getByRole('button', { name: t('common.close') })
    .last()
    .click()
  await expect(secret).toBeHidden()

  await page.getByRole('button', { name }).first().click()
  const drawer = page.getByRole('dialog', { name, exact: true })
  await expect(drawer.getByRole('meter', { name: t('access-keys.budget.requests_day') })).toBeVisible()
  await look('access-key')
  await page.reload()

  await drawer.getByRole('button', { name: t('access-keys.rotate.open') }).click()
  await dialog(page, t('access-keys.rotate.title', { name }))
    .getByRole('button', { name: t('access-keys.rotate.now') })
    .click()
  await expect(secret.getByLabel(t('access-keys.key'))).toHaveValue(/^gap-/)
  await secret
    .getByRole('button', { name: t('common.copy') })
    .first()
    .click()
  await secret
    .getByRole('button', { name: t('common.close') })
    .last()
    .click()
  await expect(drawer.getByText(t('access-keys.previousUntil'))).toBeVisible()

  await drawer.getByRole('button', { name: t('common.disable') }).click()
  await dialog(page, t('access-keys.ask.disable', { name }))
    .getByRole('button', { name: t('common.disable') })
    .click()
  await expect(drawer.getByText(t('access-keys.state.disabled'))).toBeVisible()

  await drawer.getByRole('button', { name: t('common.delete') }).click()
  await dialog(page, t('access-keys.ask.delete', { name }))
    .getByRole('button', { name: t('common.delete') })
    .click()
  await expect(drawer).toBeHidden()
  await expect(page.getByRole('button', { name })).toHaveCount(0)
})

test('an address that is none is said beside its field', async ({ page, t, logIn, watch }) => {
  watch.expect(/status of 422/)
  await logIn()
  await page.goto('./app/access-keys')
  await page
    .getByRole('button', { name: t('access-keys.create') })
    .first()
    .click()
  const form = dialog(page, t('access-keys.create'))
  await form.getByLabel(t('common.name')).fill(newName('nowhere'))
  await form.locator('.el-input-tag input').fill('not an address')
  await page.keyboard.press('Enter')
  await form.getByRole('button', { name: t('common.create'), exact: true }).click()
  await expect(form.getByRole('alert')).toContainText('203.0.113.7')
})

test(
  'an ordinary user sees their own key and no other',
  { tag: '@look' },
  async ({ page, t, gateway, logIn, look }) => {
    await gateway.createUser('somebody else')
    await logIn(await gateway.createUser('their own'))
    await page.goto('./app/access-keys')
    await expect(page.getByRole('heading', { name: 'their own' })).toBeVisible()
    await expect(page.getByText('somebody else')).toHaveCount(0)
    await expect(page.getByRole('button', { name: t('access-keys.create') })).toHaveCount(0)
    await look('access-key-own')
  },
)
