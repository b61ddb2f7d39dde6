import { expect, test } from 'vitest'

import { toCsv } from './file'

test('a table becomes lines that spreadsheets read as they are meant', () => {
  const rows = [
    ['name', 'requests'],
    ['a "quoted", name', 12],
    ['=HYPERLINK("x")', -1],
    [undefined, null],
  ]
  expect(toCsv(rows)).toBe('name,requests\r\n"a ""quoted"", name",12\r\n"\'=HYPERLINK(""x"")",-1\r\n,\r\n')
})
