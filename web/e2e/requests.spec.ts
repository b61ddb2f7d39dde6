// The request log: it follows what happens, can be paused and filtered, and leads to the story of each request.
import type { Page } from '@playwright/test'

import { expect, test } from './fixtures.ts'

/** The requests of the log: rows where there is room for columns, else cards. */
const lines = (page: Page) => page.locator('main :is(tbody tr, li):has(a[href*="/requests/"])')

test('a request shows up as it ends, and waits while the log is paused', async ({ page, gateway, t, logIn }) => {
  await gateway.generate('first')
  await logIn()
  await page.goto('./app/requests')
  const links = lines(page).locator('a')
  await expect(links.first()).toBeVisible()
  await expect(page.getByText(t('requests.live'), { exact: true })).toBeVisible()
  const before = await links.first().getAttribute('href')
  await gateway.generate('second')
  await expect(links.first()).not.toHaveAttribute('href', before ?? '')

  await page.getByRole('button', { name: t('requests.pause') }).click()
  const newest = await links.first().getAttribute('href')
  await gateway.generate('third')
  await expect(page.getByText(t('requests.paused', { count: 1 }))).toBeVisible()
  await expect(links.first()).toHaveAttribute('href', newest ?? '')
  await page.getByRole('button', { name: t('requests.resume') }).click()
  await expect(links.first()).not.toHaveAttribute('href', newest ?? '')
})

test('filters stand in the address, and a search finds a model', async ({ page, gateway, t, logIn }) => {
  await gateway.generate('hello', 'gemini-2.5-pro')
  await logIn()
  await page.goto('./app/requests?model=gemini-2.5-pro&outcome=failed')
  await expect(page.getByText(t('requests.noneMatch'))).toBeVisible()
  await page
    .getByRole('button', { name: t('common.clearFilters') })
    .first()
    .click()
  await expect(page).toHaveURL(/\/app\/requests$/)
  await page.getByRole('textbox', { name: t('requests.search') }).fill('gemini-2.5-pro')
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(/model=gemini-2\.5-pro/)
  await expect(lines(page).first()).toContainText('gemini-2.5-pro')
})

test('the story of a request', { tag: '@look' }, async ({ page, gateway, t, logIn, look }) => {
  await gateway.generate('hello')
  await logIn()
  await page.goto('./app/requests')
  await lines(page).locator('a').first().click()
  await expect(page.getByRole('heading', { name: t('request.story') })).toBeVisible()
  await page.getByText(t('request.whyThisKey'), { exact: true }).first().click()
  await expect(page.getByText(t('request.why.least_recently_used')).first()).toBeVisible()
  await look('request')
})

test('a request that is not there', async ({ page, t, logIn, watch }) => {
  watch.expect(/status of 404/)
  await logIn()
  await page.goto('./app/requests/01a21234-9d36-7066-97b3-000000000000')
  await expect(page.getByText(t('request.missing'))).toBeVisible()
})
