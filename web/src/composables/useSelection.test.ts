import { expect, test } from 'vitest'
import { ref } from 'vue'

import { useSelection } from './useSelection'

function list() {
  const shown = ref(['a', 'b'])
  return { shown, selection: useSelection({ shown: () => shown.value, total: () => 5 }) }
}

test('what was chosen on one page stays chosen on the next', () => {
  const { shown, selection } = list()
  selection.togglePage()
  expect([selection.count.value, selection.page.value]).toEqual([2, 'all'])
  shown.value = ['c', 'd']
  expect([selection.count.value, selection.page.value]).toEqual([2, 'none'])
  selection.toggle('c')
  expect([selection.count.value, selection.page.value]).toEqual([3, 'some'])
})

test('everything is more than what is shown', () => {
  const { selection } = list()
  selection.chooseEverything()
  expect([selection.count.value, selection.has('z')]).toEqual([5, true])
})

test('who takes one row from everything chooses no row that they do not see', () => {
  const { selection } = list()
  selection.chooseEverything()
  selection.toggle('a')
  expect([...selection.chosen.value]).toEqual(['b'])
  expect(selection.everything.value).toBe(false)
})
