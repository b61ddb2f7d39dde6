// Upstream keys: entering them, one or many, looking at them, and everything that is done to them.
import type { Locator, Page } from '@playwright/test'

import { expect, type Gateway, test } from './fixtures.ts'

let count = 0
/** A key that nobody has entered yet; the simulator refuses it, as Google refuses one that it does not know. */
function newKey(): string {
  count += 1
  return `AIzaSyE2E${process.pid}x${count}x`.padEnd(39, '0')
}

async function call<T>(gateway: Gateway, method: string, path: string, body?: unknown): Promise<T> {
  const { access_token } = await gateway.logIn()
  const headers = { authorization: `Bearer ${access_token}`, 'content-type': 'application/json' }
  const response = await fetch(gateway.url + path, { method, headers, body: JSON.stringify(body) })
  if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${await response.text()}`)
  return (response.status === 204 ? undefined : await response.json()) as T
}

const enter = (gateway: Gateway, label: string, details: object = {}) =>
  call<{ id: string; key: string }>(gateway, 'POST', '/api/v1/keys', { key: newKey(), label, ...details })

/** The dialog with this title. */
const dialog = (page: Page, title: string): Locator => page.getByRole('dialog', { name: title })

test(
  'keys as a table and as cards, and one of them by its link',
  { tag: '@look' },
  async ({ page, t, gateway, logIn, look }) => {
    const { id } = await enter(gateway, 'seen')
    for (const model of ['gemini-2.5-flash', 'gemini-2.5-pro']) await gateway.generate('hello', model)
    await logIn()
    await page.goto('./app/keys')
    await expect(page.getByRole('button', { name: 'seen' }).first()).toBeVisible()
    await look('keys-list')
    const cards = page.getByRole('button', { name: t('keys.view.cards') })
    if (await cards.isVisible()) {
      await cards.click()
      await expect(page.getByRole('list', { name: t('keys.title') })).toBeVisible()
      await look('keys-cards')
    }
    await page.goto(`./app/keys?id=${id}`)
    await expect(dialog(page, 'seen').getByText(id)).toBeVisible()
    await look('key')
    await page.reload()
    await expect(dialog(page, 'seen').getByText(id)).toBeVisible()
    await page.keyboard.press('Escape')
    await expect(page).not.toHaveURL(/[?&]id=/)
  },
)

test('a link to a key that is gone says so', async ({ page, t, logIn, watch }) => {
  watch.expect(/status of 404/)
  await logIn()
  await page.goto('./app/keys?id=00000000-0000-0000-0000-000000000000')
  await expect(page.getByText(t('keys.gone'))).toBeVisible()
})

test('a key from its entry to its end', async ({ page, t, logIn }) => {
  await logIn()
  await page.goto('./app/keys')
  await page
    .getByRole('button', { name: t('keys.add'), exact: true })
    .first()
    .click()
  const form = dialog(page, t('keys.add'))
  await form.getByLabel(t('keys.key'), { exact: true }).fill(newKey())
  await form.getByLabel(t('keys.label')).fill('short-lived')
  await form.getByRole('button', { name: t('common.add'), exact: true }).click()
  await expect(form).toBeHidden()

  // It was looked at at once, and the simulator does not know it.
  await page.getByRole('searchbox').fill('short-lived')
  await expect(page).toHaveURL(/q=short-lived/)
  await expect(page.getByText(t('keys.cause.key_invalid'))).toBeVisible()

  await page.getByRole('button', { name: 'short-lived' }).first().click()
  const drawer = dialog(page, 'short-lived')
  await drawer.getByRole('button', { name: t('common.enable') }).click()
  await drawer.getByRole('button', { name: t('keys.action.disable') }).click()
  const disabling = dialog(page, t('keys.ask.disable', { name: 'short-lived' }))
  await disabling.getByLabel(t('keys.reason')).fill('moved elsewhere')
  await disabling.getByRole('button', { name: t('common.disable') }).click()
  await expect(drawer.getByText('moved elsewhere')).toBeVisible()

  await drawer.getByRole('button', { name: t('common.edit') }).click()
  const edit = dialog(page, t('keys.edit'))
  await edit.getByLabel(t('keys.weight')).fill('50')
  await edit.getByRole('button', { name: t('common.save') }).click()
  await expect(drawer.getByText('50', { exact: true })).toBeVisible()

  await drawer.getByRole('button', { name: t('common.delete') }).click()
  const sure = dialog(page, t('keys.ask.delete', { name: 'short-lived' }))
  await sure.getByRole('button', { name: t('common.delete') }).click()
  await expect(page.getByText(t('keys.noneMatch'))).toBeVisible()
})

test('what is wrong with a key is said beside its field', async ({ page, t, logIn, watch }) => {
  watch.expect(/status of 422/)
  await logIn()
  await page.goto('./app/keys')
  await page
    .getByRole('button', { name: t('keys.add'), exact: true })
    .first()
    .click()
  const form = dialog(page, t('keys.add'))
  await form.getByLabel(t('keys.key'), { exact: true }).fill('a key with blanks')
  await form.getByRole('button', { name: t('common.add'), exact: true }).click()
  await expect(form.getByRole('alert')).toBeVisible()
  await expect(form.getByRole('alert')).not.toHaveText(/a key with blanks/)
})

test('an import is shown before it is done', { tag: '@look' }, async ({ page, t, logIn, look }) => {
  const [first, second] = [newKey(), newKey()]
  await logIn()
  await page.goto('./app/keys')
  await page
    .getByRole('button', { name: t('keys.import.open') })
    .first()
    .click()
  const form = dialog(page, t('keys.import.title'))
  await form.getByRole('textbox').fill(`imported:${first}\n${second}\n${first}\nimported:\n`)
  await form.getByRole('button', { name: t('keys.import.preview') }).click()
  await expect(form.getByText(t('keys.import.repeatedOf', { line: 1 }))).toBeVisible()
  await expect(form.getByText(t('keys.import.noKey'))).toBeVisible()
  await look('keys-import')
  await form.getByRole('button', { name: /2/ }).last().click()
  await form
    .getByRole('button', { name: t('common.close') })
    .last()
    .click()
  await page.getByRole('searchbox').fill(first.slice(-4))
  await expect(page.getByText('imported').first()).toBeVisible()
})

test('many keys are changed at once', async ({ page, t, gateway, logIn }) => {
  for (const label of ['crowd-1', 'crowd-2', 'crowd-3']) await enter(gateway, label)
  await logIn()
  await page.goto('./app/keys?q=crowd-')
  await expect(page.getByRole('button', { name: 'crowd-3' }).first()).toBeVisible()
  await page.getByRole('checkbox', { name: t('keys.selectPage') }).press('Space')
  const bar = page.getByRole('region', { name: t('keys.bulk') })
  await bar.getByRole('button', { name: t('keys.action.disable') }).click()
  const disabling = page.getByRole('dialog').filter({ hasText: t('keys.ask.disableText') })
  await disabling.getByLabel(t('keys.reason')).fill('the crowd goes')
  await disabling.getByRole('button', { name: t('common.disable') }).click()
  await expect(page.getByText('the crowd goes')).toHaveCount(3)
  await expect(bar).toBeHidden()
})

test('keys get tags together, and are found by them', async ({ page, t, gateway, logIn }) => {
  for (const label of ['flock-1', 'flock-2']) await enter(gateway, label)
  await logIn()
  await page.goto('./app/keys?q=flock-')
  await expect(page.getByRole('button', { name: 'flock-2' }).first()).toBeVisible()
  for (const name of ['flock-1', 'flock-2']) {
    await page.getByRole('checkbox', { name: t('keys.select', { name }) }).press('Space')
  }
  await page
    .getByRole('region', { name: t('keys.bulk') })
    .getByRole('button', { name: t('keys.action.tag') })
    .click()
  const form = page.getByRole('dialog').filter({ hasText: t('keys.tagsHelp') })
  await form.getByRole('combobox').fill('birds of a feather')
  await page.getByRole('option', { name: 'birds of a feather' }).click()
  await page.keyboard.press('Tab')
  await form
    .getByRole('button', { name: t('keys.tagging.tag') })
    .last()
    .click()
  await expect(form).toBeHidden()
  await page.goto('./app/keys?tag=birds of a feather')
  await expect(page.getByText('birds of a feather', { exact: true })).toHaveCount(2)
  await page.goto('./app/keys?tag=no such tag')
  await expect(page.getByText(t('keys.noneMatch'))).toBeVisible()
})

test('a check shows how far it is, and what is wrong', async ({ page, t, gateway, logIn }) => {
  await enter(gateway, 'checked')
  await logIn()
  await page.goto('./app/keys?q=checked')
  await page.getByRole('button', { name: t('keys.action.checkAll') }).click()
  const panel = page.getByRole('region', { name: t('keys.check.title') })
  await expect(panel.getByText(t('keys.check.done'))).toBeVisible()
  await panel.getByRole('button', { name: t('keys.check.show') }).click()
  await expect(panel.getByText(t('keys.cause.key_invalid')).first()).toBeVisible()
  await expect(page.getByText(t('keys.cause.key_invalid')).last()).toBeVisible()
})

test('a project gets limits by hand', { tag: '@look' }, async ({ page, t, gateway, logIn, look }) => {
  const name = `project ${newKey().slice(-8)}${count}`
  const { id } = await call<{ id: string }>(gateway, 'POST', '/api/v1/projects', { label: name, tier: 'free' })
  await logIn()
  await page.goto('./app/keys?tab=projects')
  await expect(page.getByRole('button', { name, exact: true })).toBeVisible()
  await look('projects')
  await page.goto(`./app/keys?tab=projects&limits=${id}`)
  const drawer = dialog(page, t('keys.limits.of', { name }))
  await drawer.getByRole('button', { name: t('keys.limits.set') }).click()
  await drawer.getByLabel(t('keys.quota.requests_per_day')).fill('250')
  await look('limits')
  await drawer.getByRole('button', { name: t('common.save') }).click()
  await expect(drawer.getByRole('listitem').filter({ hasText: '250' })).toBeVisible()
  await drawer.getByRole('button', { name: t('keys.limits.clear') }).click()
  const sure = page.getByRole('dialog').filter({ hasText: t('keys.limits.askText') })
  await sure.getByRole('button', { name: t('keys.limits.clear') }).click()
  await expect(drawer.getByText(t('keys.limits.none'))).toBeVisible()
})

test('who is no administrator does not see upstream keys', async ({ page, t, gateway, logIn }) => {
  await logIn(await gateway.createUser('passer-by'))
  await page.goto('./app/keys')
  await expect(page.getByText(t('error.forbidden'))).toBeVisible()
  await expect(page.getByText(t('keys.text'))).toBeHidden()
})
