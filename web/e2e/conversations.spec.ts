// Conversations: found, read, renamed, kept, exported and deleted.
import { readFileSync } from 'node:fs'

import type { Page } from '@playwright/test'

import { expect, type Gateway, PASSWORD, test } from './fixtures.ts'

type Words = (name: string, values?: Record<string, string | number>) => string
interface Said {
  text?: string
  parts?: unknown[]
  secret?: string
  system?: string
}

/** Says something in a conversation, as a client would. */
async function say(gateway: Gateway, name: string, { text = '', parts = [{ text }], secret = PASSWORD, system }: Said) {
  const systemInstruction = system === undefined ? undefined : { parts: [{ text: system }] }
  const response = await fetch(`${gateway.url}/v1beta/models/gemini-2.5-flash:generateContent`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${secret}`,
      'x-gap-conversation': name,
    },
    body: JSON.stringify({ systemInstruction, contents: [{ role: 'user', parts }] }),
  })
  expect(response.status, await response.text()).toBe(200)
}

let count = 0
/** A name that no other test has. */
const fresh = (word: string) => `${word}-${process.pid}-${(count += 1)}`
const row = (page: Page, text: string) => page.getByRole('row').filter({ hasText: text })

async function openOne(page: Page, title: string) {
  await page.goto(`./app/conversations?q=${encodeURIComponent(title)}`)
  await page.getByRole('main').getByRole('link', { name: title }).first().click()
  await expect(page.getByRole('heading', { level: 1 })).toContainText(title)
}

async function choose(page: Page, t: Words, title: string) {
  // The box itself is hidden; what a person sees stands around it.
  const box = page.getByRole('checkbox', { name: t('conversations.select', { title }) })
  await page.locator('label').filter({ has: box }).click()
}

test('a conversation is found and read', { tag: '@look' }, async ({ page, t, gateway, logIn, look }) => {
  const name = fresh('trip')
  const dot = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
  const answer = '# Lisbon\\n\\n- light\\n- **warm**\\n\\n```python\\nprint(1)\\n```'
  await say(gateway, name, {
    parts: [
      { text: `What to pack for ${name}? [[sim: text="${answer}" thoughts="Let me *think*"]]` },
      { inlineData: { mimeType: 'image/png', data: dot } },
    ],
  })
  await say(gateway, name, { text: 'And in winter? [[sim: text="A coat"]]' })
  await logIn()
  await page.goto('./app/conversations')
  await expect(page.getByRole('heading', { level: 1, name: t('conversations.title') })).toBeVisible()
  await expect(row(page, `What to pack for ${name}`)).toBeVisible()
  await look('conversations-list')
  await page.getByRole('searchbox', { name: t('conversations.find') }).fill('no such words anywhere')
  await expect(page.getByText(t('conversations.noneMatch'))).toBeVisible()
  await page
    .getByRole('button', { name: t('common.clearFilters') })
    .first()
    .click()
  await row(page, `What to pack for ${name}`).getByRole('link').click()
  await expect(page).toHaveURL(/conversations\/[\da-f-]{36}$/)
  const said = page.locator('main article')
  await expect(said).toHaveCount(4)
  await expect(page.getByRole('heading', { name: 'Lisbon', exact: true })).toBeVisible()
  await expect(page.getByText('print(1)', { exact: true })).toBeVisible()
  await expect(page.getByRole('img', { name: t('conversations.picture') })).toBeVisible()
  await expect(page.getByText('A coat', { exact: true })).toBeVisible()
  await look('conversation')
  await page.reload()
  await expect(said).toHaveCount(4)
})

test('what the model was told before all else is read, too', async ({ page, t, gateway, logIn, look }) => {
  const [short, long] = [fresh('short'), fresh('long')]
  await say(gateway, short, { text: `Told ${short} [[sim: text="yes"]]`, system: 'Answer in one word.' })
  await say(gateway, long, { text: `Told ${long} [[sim: text="yes"]]`, system: 'Be a careful clerk. '.repeat(100) })
  await logIn()
  await openOne(page, `Told ${short}`)
  await expect(page.getByText(t('conversations.system'), { exact: true })).toBeVisible()
  await expect(page.getByText('Answer in one word.')).toBeVisible()
  await look('conversation-system')
  // A long one leaves room for what was said, until somebody wants it.
  await openOne(page, `Told ${long}`)
  await expect(page.locator('main article')).toHaveCount(2)
  await expect(page.getByText('Be a careful clerk.')).toBeHidden()
  await page.getByText(t('conversations.system'), { exact: true }).click()
  await expect(page.getByText('Be a careful clerk.')).toBeVisible()
})

test('it is renamed, kept for a time of its own, and pinned', async ({ page, t, gateway, logIn }) => {
  const name = fresh('rename')
  await say(gateway, name, { text: `Old ${name} [[sim: text="yes"]]` })
  await logIn()
  await openOne(page, `Old ${name}`)
  await page.getByRole('button', { name: t('conversations.edit') }).click()
  const dialog = page.getByRole('dialog', { name: t('conversations.edit') })
  await dialog.getByLabel(t('conversations.name')).fill(`New ${name}`)
  await dialog.getByText(t('conversations.ownTime'), { exact: true }).click()
  await dialog.getByRole('spinbutton').fill('3')
  await dialog.getByRole('button', { name: t('common.save') }).click()
  await expect(dialog).toBeHidden()
  await expect(page.getByRole('heading', { level: 1, name: `New ${name}` })).toBeVisible()
  await page.getByRole('button', { name: t('conversations.pin'), exact: true }).click()
  await expect(page.getByRole('button', { name: t('conversations.unpin'), exact: true })).toBeVisible()
  await page.goto('./app/conversations?pinned=yes')
  await expect(row(page, `New ${name}`)).toBeVisible()
})

test('it is exported as Markdown and as JSON', async ({ page, t, gateway, logIn }) => {
  const name = fresh('export')
  await say(gateway, name, { text: `Export ${name} [[sim: text="the answer"]]` })
  await logIn()
  await openOne(page, `Export ${name}`)
  for (const [format, ending] of [
    ['Markdown', 'md'],
    ['JSON', 'json'],
  ]) {
    await page.getByRole('button', { name: t('common.export') }).click()
    const [file] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('menuitem', { name: format, exact: true }).click(),
    ])
    expect(file.suggestedFilename()).toMatch(new RegExp(`\\.${ending}$`))
    expect(readFileSync(await file.path(), 'utf8')).toContain('the answer')
  }
})

test('one is deleted after a question, and many at once', async ({ page, t, gateway, logIn, watch }) => {
  watch.expect(/status of 404/)
  const group = fresh('bulk')
  for (const part of ['one', 'two', 'three']) {
    await say(gateway, `${group}-${part}`, { text: `${part} of ${group} [[sim: text="yes"]]` })
  }
  await logIn()
  await openOne(page, `one of ${group}`)
  const address = page.url()
  await page.getByRole('button', { name: t('common.delete'), exact: true }).click()
  const question = page.getByRole('dialog')
  await question.getByRole('button', { name: t('common.cancel') }).click()
  await expect(question).toBeHidden()
  await page.getByRole('button', { name: t('common.delete'), exact: true }).click()
  await question.getByRole('button', { name: t('common.delete') }).click()
  await expect(page).toHaveURL(/conversations$/)
  await page.goto(address)
  await expect(page.getByText(t('conversations.missing'))).toBeVisible()

  await page.goto(`./app/conversations?q=${group}`)
  await expect(row(page, group)).toHaveCount(2)
  await choose(page, t, `two of ${group} [[sim: text="yes"]]`)
  const bar = page.getByRole('region', { name: t('conversations.bulk') })
  await bar.getByRole('button', { name: t('conversations.selectAll', { count: 2 }) }).click()
  await bar.getByRole('button', { name: t('common.delete') }).click()
  await question.getByRole('button', { name: t('common.delete') }).click()
  await expect(page.getByText(t('conversations.noneMatch'))).toBeVisible()
})

test('what was said never runs', async ({ page, gateway, logIn }) => {
  const name = fresh('script')
  const bad = '<img src=x onerror=alert(1)><script>alert(2)</script> [x](javascript:alert(3))'
  page.on('dialog', () => expect('a dialog').toBe('never shown'))
  await say(gateway, name, { text: `Say ${name} [[sim: text="${bad}"]]` })
  await logIn()
  await openOne(page, `Say ${name}`)
  await expect(page.locator('main article .markdown').getByText('<img src=x').first()).toBeVisible()
  await expect(page.locator('main article .markdown :is(img, script)')).toHaveCount(0)
  await expect(page.locator('main a[href^="javascript"]')).toHaveCount(0)
})

test('a person with an access key sees their own alone', async ({ page, t, gateway, logIn }) => {
  const [own, other] = [fresh('own'), fresh('other')]
  const secret = await gateway.createUser(`Reader ${Date.now()}`)
  await say(gateway, own, { text: `Mine ${own} [[sim: text="yes"]]`, secret })
  await say(gateway, other, { text: `Theirs ${other} [[sim: text="yes"]]` })
  await logIn(secret)
  await page.goto('./app/conversations')
  await expect(row(page, `Mine ${own}`)).toBeVisible()
  await expect(row(page, other)).toHaveCount(0)
  await expect(page.getByText(t('conversations.ownText'))).toBeVisible()
})
