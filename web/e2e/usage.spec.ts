// Usage: by time, by one thing, and as a report; an ordinary user sees what is theirs.
import { expect, test } from './fixtures.ts'

test('usage is narrowed down to a model', async ({ page, gateway, t, logIn }) => {
  await gateway.generate('hello', 'gemini-2.5-pro')
  await logIn()
  await page.goto('./app/usage')
  await page.getByRole('button', { name: 'gemini-2.5-pro' }).click()
  await expect(page).toHaveURL(/model=gemini-2\.5-pro/)
  // Addresses are summed for all models together.
  await expect(page.getByRole('button', { name: t('usage.group.address'), exact: true })).toHaveCount(0)
})

test('the table is handed out as a file', async ({ page, gateway, t, logIn }) => {
  await gateway.generate('hello')
  await logIn()
  await page.goto('./app/usage')
  await page.getByRole('button', { name: t('usage.exportTable') }).click()
  const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('menuitem', { name: 'CSV' }).click()])
  expect(file.suggestedFilename()).toBe('gap-usage-by-model.csv')
})

test('the report', { tag: '@look' }, async ({ page, gateway, t, logIn, look }) => {
  await gateway.generate('hello')
  await logIn()
  await page.goto('./app/usage?view=report')
  await expect(page.getByRole('heading', { name: t('usage.capacity') })).toBeVisible()
  await expect(page.getByRole('heading', { name: t('usage.selection') })).toBeVisible()
  await look('report')
})

test('an ordinary user is told nothing of others', async ({ page, gateway, t, logIn }) => {
  await logIn(await gateway.createUser('a reader'))
  await page.goto('./app/usage?view=report')
  await expect(page.getByRole('heading', { name: t('usage.cache') })).toBeVisible()
  await expect(page.getByRole('heading', { name: t('usage.addresses') })).toHaveCount(0)
  await expect(page.getByRole('heading', { name: t('usage.capacity') })).toHaveCount(0)
})
