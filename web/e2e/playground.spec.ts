// The playground: what a person says to a model, and what comes back.
import type { Page } from '@playwright/test'

import { expect, test } from './fixtures.ts'

type Words = (name: string, values?: Record<string, string | number>) => string

const field = (page: Page, t: Words) => page.getByPlaceholder(t('playground.placeholder'))

async function say(page: Page, t: Words, text: string) {
  await field(page, t).fill(text)
  await field(page, t).press('Enter')
}

/** The settings stand beside the chat, or in a drawer where there is no room. */
async function openSettings(page: Page, t: Words) {
  const button = page.getByRole('button', { name: t('playground.settings'), exact: true })
  if (await button.isVisible()) await button.click()
}

test.beforeEach(async ({ page, logIn, t }) => {
  await logIn()
  await page.goto('./app/playground')
  await expect(page.getByText(t('playground.start'))).toBeVisible()
})

test(
  'an answer streams in, as Markdown, with its thoughts, tokens, key and record',
  { tag: '@look' },
  async ({ page, t, look }) => {
    const text = '# Plan\\n\\n| a | b |\\n|---|---|\\n| 1 | 2 |\\n\\n```python\\nprint(1)\\n```'
    await say(page, t, `Go [[sim: text="${text}" thoughts="Let me *think*" chunks=5]]`)
    await expect(page.getByRole('heading', { name: 'Plan' })).toBeVisible()
    await expect(page.getByRole('cell', { name: '2' })).toBeVisible()
    await expect(page.getByText('print(1)', { exact: true })).toBeVisible()
    await page.getByText(t('playground.thoughts'), { exact: true }).click()
    await expect(page.locator('details em')).toHaveText('think')
    await expect(page.getByText(t('playground.key'), { exact: false }).last()).toBeVisible()
    const record = page.getByRole('link', { name: t('playground.record') })
    await expect(record).toHaveAttribute('href', /\/app\/requests\/[\da-f]{32}$/)
    await expect(page.getByText(t('playground.inAll'), { exact: false })).toBeVisible()
    await look('playground-chat')
  },
)

test('what a model writes never runs', async ({ page, t }) => {
  const text =
    '<img src=x onerror=alert(1)><script>alert(2)</script> [x](javascript:alert(3)) ![y](https://example.org/y.png)'
  page.on('dialog', () => expect('a dialog').toBe('never shown'))
  await say(page, t, `Go [[sim: text="${text}"]]`)
  await expect(page.getByText('<img src=x onerror=alert(1)>').last()).toBeVisible()
  await expect(page.locator('main article .markdown img, main article .markdown script')).toHaveCount(0)
  await expect(page.locator('main a[href^="javascript"]')).toHaveCount(0)
})

test('a long answer is stopped, and asked for anew', async ({ page, t }) => {
  await say(page, t, 'Go [[sim: bytes=20000 chunks=200 delay_ms=100]]')
  await expect(page.locator('main article .markdown')).toBeVisible()
  await page.getByRole('button', { name: t('playground.stop'), exact: true }).click()
  await expect(page.getByText(t('playground.stopped'))).toBeVisible()
  await page.getByRole('button', { name: t('playground.again') }).click()
  await expect(page.getByRole('button', { name: t('playground.stop'), exact: true })).toBeVisible()
  await page.getByRole('button', { name: t('playground.stop'), exact: true }).click()
  await expect(page.locator('main article')).toHaveCount(2)
})

test('a question is changed, and what came after it is gone', async ({ page, t }) => {
  await say(page, t, 'One [[sim: text="first"]]')
  await expect(page.getByText('first', { exact: true })).toBeVisible()
  await page.getByRole('button', { name: t('common.edit'), exact: true }).click()
  const editor = page.getByLabel(t('playground.edit'))
  await editor.fill('Two [[sim: text="second"]]')
  await editor.press('Enter')
  await expect(page.getByText('second', { exact: true })).toBeVisible()
  await expect(page.getByText('first', { exact: true })).toHaveCount(0)
  await expect(page.locator('main article')).toHaveCount(2)
})

test('the chat is there after a reload, and gone for somebody else', async ({ page, t }) => {
  await say(page, t, 'Remember [[sim: text="I do"]]')
  await expect(page.getByText('I do', { exact: true })).toBeVisible()
  await page.reload()
  await expect(page.getByText('I do', { exact: true })).toBeVisible()
  await page.evaluate(() => {
    const kept = JSON.parse(sessionStorage.getItem('gap.playground') ?? '{}') as Record<string, unknown>
    sessionStorage.setItem('other', JSON.stringify({ ...kept, owner: 'user Eve' }))
  })
  await page.addInitScript(() => sessionStorage.setItem('gap.playground', sessionStorage.getItem('other') ?? ''))
  await page.reload()
  await expect(page.getByText(t('playground.start'))).toBeVisible()
})

test('a function is called, and its result is given', async ({ page, t }) => {
  await openSettings(page, t)
  await page.getByRole('button', { name: t('playground.toolExample'), exact: true }).click()
  await page.keyboard.press('Escape')
  await say(page, t, 'Weather? [[sim: calls=get_weather]]')
  await page.getByLabel(t('playground.resultOf')).fill('{"temperature": 21}')
  await page.getByRole('button', { name: t('playground.sendResults') }).click()
  await expect(page.getByText('{"temperature": 21}')).toBeVisible()
  await expect(page.locator('main article .markdown')).toBeVisible()
})

test('tools that are wrong are named, and nothing is sent', async ({ page, t }) => {
  await openSettings(page, t)
  await page.getByLabel(t('playground.tools')).fill('[{"type": "function"}]')
  await expect(page.getByText(t('playground.toolFault.function', { tool: 1 }))).toBeVisible()
  await page.keyboard.press('Escape')
  await say(page, t, 'Hello')
  await expect(page.getByText(t('playground.toolsWrong'))).toBeVisible()
  await expect(page.locator('main article')).toHaveCount(0)
})

test('a picture is added and seen; what is none is refused', async ({ page, t }) => {
  const dot = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
  const picker = page.locator('main input[type=file]')
  await picker.setInputFiles({ name: 'dot.png', mimeType: 'image/png', buffer: Buffer.from(dot, 'base64') })
  await picker.setInputFiles({ name: 'page.html', mimeType: 'text/html', buffer: Buffer.from('<p>') })
  await expect(page.getByText(t('playground.refused.type', { name: 'page.html' }))).toBeVisible()
  await say(page, t, 'What is it? [[sim: text="A dot"]]')
  await expect(page.getByText('A dot', { exact: true })).toBeVisible()
  await expect(page.getByRole('img', { name: 'dot.png' })).toBeVisible()
})

test('a refusal says why, and is tried again', async ({ page, t, watch }) => {
  watch.expect(/status of 4\d\d/)
  await page.goto('./app/playground?model=no-such-model')
  await say(page, t, 'Hello')
  await expect(page.getByText(t('playground.failed'))).toBeVisible()
  await expect(page.getByRole('button', { name: t('common.retry'), exact: true })).toBeVisible()
})

test('the request is shown as code for this address', async ({ page, t, baseURL, look }) => {
  await field(page, t).fill("It's me")
  await page.getByRole('button', { name: t('playground.asCode') }).click()
  const dialog = page.getByRole('dialog')
  await expect(dialog.locator('code').first()).toContainText(
    `curl -N ${(baseURL ?? '').replace(/\/$/, '')}/v1/chat/completions`,
  )
  await dialog.getByRole('tab', { name: 'Python' }).click()
  await expect(dialog.locator('code').first()).toContainText(`"It's me"`)
  await dialog.getByRole('tab', { name: 'JavaScript' }).click()
  await expect(dialog.locator('code').first()).toContainText("import OpenAI from 'openai'")
  await look('playground-code')
})

test('a person with an access key chats as well', async ({ page, t, gateway, context }) => {
  const key = await gateway.createUser(`Chat ${Date.now()}`)
  const other = await context.newPage()
  await page.close()
  const token = await gateway.logIn(key)
  const entry = { token: token.access_token, name: token.name, role: token.role }
  await other.addInitScript((text) => {
    const now = Date.now()
    const known = JSON.parse(text) as object
    localStorage.setItem('gap.session', JSON.stringify({ ...known, expiresAt: now + 900_000, renewAt: now + 800_000 }))
  }, JSON.stringify(entry))
  await other.goto('./app/playground')
  await say(other, t, 'Hello [[sim: text="Hello, you"]]')
  await expect(other.getByText('Hello, you', { exact: true })).toBeVisible()
  await expect(other.getByText(t('playground.inAll'), { exact: false })).toBeVisible()
})
