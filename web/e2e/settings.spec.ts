// Settings: what is configured, what happened, and what a person needs around it.
import { expect, test } from './fixtures.ts'

const SECTIONS = ['configuration', 'models', 'audit', 'log', 'backup', 'system', 'appearance', 'tools']

for (const section of SECTIONS) {
  test(`the section ${section}`, { tag: '@look' }, async ({ page, t, logIn, look }) => {
    await logIn()
    await page.goto(`./app/settings/${section}`)
    await expect(page.getByRole('link', { name: t(`settings.section.${section}`), exact: true })).toHaveAttribute(
      'aria-current',
      'page',
    )
    await expect(page.locator('main section').first()).toBeVisible()
    await look(`settings-${section}`)
  })
}

test('a setting is changed, in effect at once, and taken back', async ({ page, t, logIn }) => {
  await logIn()
  await page.goto('./app/settings/configuration?q=access_token_expire')
  const field = page.getByLabel('access_token_expire_minutes')
  await field.fill('45')
  await page.getByRole('button', { name: t('common.save') }).click()
  await expect(page.getByText(t('settings.savedInMemory'))).toBeVisible()
  await page.reload()
  await expect(field).toHaveValue('45')
  await expect(
    page.locator('li').filter({ has: field }).getByText(t('settings.source.changed'), { exact: true }),
  ).toBeVisible()
  await page.getByRole('button', { name: t('settings.giveBack') }).click()
  await page.getByRole('button', { name: t('common.save') }).click()
  await expect(field).toHaveValue('30')
})

test('a wrong value is named where it stands, and is not saved', async ({ page, t, logIn, watch }) => {
  watch.expect(/status of 422/)
  await logIn()
  await page.goto('./app/settings/configuration')
  await page.getByLabel('max_requests_per_minute').fill('many')
  await expect(page.locator('li').filter({ hasText: 'max_requests_per_minute' }).getByRole('alert')).not.toBeEmpty()
  await expect(page.getByRole('button', { name: t('common.save') })).toBeDisabled()
  await page.getByRole('button', { name: t('settings.discard') }).click()
  await expect(page.getByText(t('settings.wrong', { count: 1 }))).toHaveCount(0)
})

test('who leaves with changes is asked first', async ({ page, t, logIn }) => {
  await logIn()
  await page.goto('./app/settings/configuration')
  await page.getByLabel('max_requests_per_minute').fill('77')
  await page.getByRole('link', { name: t('settings.section.system') }).click()
  await expect(page.getByRole('dialog').getByText(t('settings.leaveTitle'))).toBeVisible()
  await page
    .getByRole('dialog')
    .getByRole('button', { name: t('common.cancel') })
    .click()
  await expect(page.getByLabel('max_requests_per_minute')).toHaveValue('77')
  await page.getByRole('link', { name: t('settings.section.system') }).click()
  await page
    .getByRole('dialog')
    .getByRole('button', { name: t('settings.discard') })
    .click()
  await expect(page).toHaveURL(/settings\/system/)
})

test('the log is live, filtered by its address, and can be paused', async ({ page, t, logIn, gateway }) => {
  await logIn()
  await page.goto('./app/settings/log?q=generateContent')
  await expect(page.getByText(t('settings.live'), { exact: true })).toBeVisible()
  await gateway.generate('One for the log')
  const lines = page.getByRole('log').locator('p')
  await expect(lines.filter({ hasText: 'generateContent answered 200' }).first()).toBeVisible()
  const before = await lines.count()
  await page.getByRole('button', { name: t('settings.pause'), exact: true }).click()
  await gateway.generate('Another one')
  const on = page.getByRole('button', {
    name: new RegExp(t('settings.goOn', { count: '[1-9]\\d*' }).replace(/[()（）]/g, '.')),
  })
  await expect(on).toBeVisible()
  expect(await lines.count()).toBe(before)
  await on.click()
  await expect(lines).toHaveCount(before + 1)
})

test('the audit log tells who logged in', async ({ page, t, logIn }) => {
  await logIn()
  await page.goto('./app/settings/audit?action=session.began')
  await expect(page.getByRole('cell', { name: t('settings.action.session.began') }).first()).toBeVisible()
  await page.goto('./app/settings/audit?actor=nobody-at-all')
  await expect(page.getByText(t('settings.noSuchAction'))).toBeVisible()
})

test('keys are found in any text, in this browser alone', async ({ page, t, logIn }) => {
  await logIn()
  await page.goto('./app/settings/tools')
  const key = `AIza${'x'.repeat(35)}`
  const sent: string[] = []
  page.on('request', (request) => sent.push(request.postData() ?? request.url()))
  await page.getByLabel(t('settings.anyText')).fill(`a ${key}; b "${key}" c`)
  await expect(page.getByText(t('settings.found', { keys: 1, repeated: 1 }))).toBeVisible()
  await expect(page.getByLabel(t('settings.result'))).toHaveValue(key)
  await page.getByText('.env', { exact: true }).click()
  await expect(page.getByLabel(t('settings.result'))).toHaveValue(`GEMINI_API_KEYS=${key}`)
  expect(sent.filter((text) => text.includes('AIza'))).toEqual([])
})

test('secrets are made up', async ({ page, t, logIn }) => {
  await logIn()
  await page.goto('./app/settings/tools')
  await page.getByRole('button', { name: t('settings.make') }).click()
  await expect(page.getByLabel(t('settings.result'))).toHaveValue(/^gap-[\da-f]{48}$/)
})

test('the theme and the language are chosen, and stay', async ({ page, t, logIn, language }) => {
  await logIn()
  await page.goto('./app/settings/appearance')
  await page.getByRole('main').getByText(t('frame.theme.dark'), { exact: true }).click()
  await expect(page.locator('html')).toHaveClass(/dark/)
  await page
    .getByRole('main')
    .getByText(language === 'en' ? '简体中文' : 'English', { exact: true })
    .click()
  await expect(page.locator('html')).toHaveAttribute('lang', language === 'en' ? 'zh-CN' : 'en')
  await page.reload()
  await expect(page.locator('html')).toHaveClass(/dark/)
  await expect(page.locator('html')).toHaveAttribute('lang', language === 'en' ? 'zh-CN' : 'en')
})

test('an ordinary user sees what is theirs, and no more', async ({ page, t, gateway, logIn }) => {
  await logIn(await gateway.createUser(`Settings ${Date.now()}`))
  await page.goto('./app/settings')
  await expect(page.getByRole('link', { name: t('settings.section.tools') })).toBeVisible()
  await expect(page.getByRole('link', { name: t('settings.section.configuration') })).toHaveCount(0)
  await page.goto('./app/settings/configuration')
  await expect(page.getByText(t('error.forbidden'))).toBeVisible()
  await page.goto('./app/settings/nothing')
  await expect(page.getByText(t('error.notFound'))).toBeVisible()
})
