import { mount } from '@vue/test-utils'
import { expect, test } from 'vitest'
import { createI18n } from 'vue-i18n'

import MarkdownText from './MarkdownText.vue'

const i18n = createI18n({ legacy: false, missingWarn: false, fallbackWarn: false, messages: {} })
const show = (text: string) => mount(MarkdownText, { props: { text }, global: { plugins: [i18n] } })

test('headings, lists, tables and code are what they say', () => {
  const page = show('# Title\n\n1. one\n2. **two**\n\n| a | b |\n|---|--:|\n| 1 | 2 |\n\n```rust\nfn main() {}\n```')
  expect(page.find('h3').text()).toBe('Title')
  expect(page.findAll('ol li')).toHaveLength(2)
  expect(page.find('strong').text()).toBe('two')
  expect(page.findAll('td').map((cell) => cell.text())).toEqual(['1', '2'])
  expect(page.find('pre').text()).toBe('fn main() {}')
  expect(page.find('figcaption').text()).toContain('rust')
})

test.each([
  '<script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  'text <iframe src="https://example.org"></iframe>',
  '<svg/onload=alert(1)>',
  '<a href="javascript:alert(1)">x</a>',
  '<style>*{display:none}</style>',
])('HTML is shown and nothing of it is there: %s', (text) => {
  const page = show(text)
  expect(page.find('script, img, iframe, svg, a, style').exists()).toBe(false)
  expect(page.text()).toContain('<')
})

test.each([
  'javascript:alert(1)',
  'JaVaScRiPt:alert(1)',
  'data:text/html,x',
  'vbscript:x',
  '&#106;avascript:x',
  '/logout',
])('a link to %s is no link', (href) => expect(show(`[click](${href})`).find('a').exists()).toBe(false))

test('links open elsewhere and tell nobody where they come from', () => {
  const link = show('[site](https://example.org/a?b=1&c=2)').find('a')
  expect(link.attributes()).toMatchObject({ href: 'https://example.org/a?b=1&c=2', target: '_blank' })
  expect(link.attributes('rel')).toContain('noreferrer')
})

test('a picture of another host is not fetched', () => {
  const page = show('![chart](https://example.org/x.png)')
  expect(page.find('img').exists()).toBe(false)
  expect(page.find('a').text()).toBe('chart')
  expect(show('![](data:image/svg+xml;base64,PHN2Zz4=)').find('img').exists()).toBe(false)
  expect(show('![dot](data:image/png;base64,iVBORw0KGgo=)').find('img').exists()).toBe(true)
})

test('entities are read once', () => {
  expect(show('a &lt;b&gt; &amp;amp; c').text()).toBe('a <b> &amp; c')
  expect(show('`&lt;`').find('code').text()).toBe('&lt;')
})

test('half an answer is shown as far as it goes', () => {
  const text = '## Plan\n\n- **bold** and `code`\n\n```js\nlet a = 1\n```\n\n| a | b |\n|--|--|\n| 1 | 2 |'
  for (let end = 0; end <= text.length; end += 1) show(text.slice(0, end))
})

test.each(['>'.repeat(20_000), '['.repeat(20_000), '**a '.repeat(5_000), `${'- '.repeat(1_000)}x`])(
  'what is nested without end is shown all the same',
  (text) => expect(show(text).text().length).toBeGreaterThan(0),
  20_000,
)
