// Every page, looked at in every way: nothing missing, nothing too wide, nothing that jumps, nothing inaccessible.
import { PAGES } from '../src/navigation.ts'
import { expect, test } from './fixtures.ts'

for (const { name, path, open } of PAGES.filter((page) => !page.path.endsWith(':id'))) {
  test(`the page ${name}`, { tag: '@look' }, async ({ page, t, logIn, look }) => {
    if (open !== true) await logIn()
    await page.goto(`.${path.replace(/\/:.*/, '')}`)
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
    await expect(page).toHaveTitle(new RegExp(`${t(`navigation.${name}`)}|GAP`))
    await look(name)
  })
}

test('an address that leads nowhere', { tag: '@look' }, async ({ page, t, look }) => {
  await page.goto('./no/such/page')
  await expect(page.getByText(t('error.notFound'))).toBeVisible()
  await look('not-found')
})
