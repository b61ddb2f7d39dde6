import { mount } from '@vue/test-utils'
import { expect, test, vi } from 'vitest'
import { defineComponent } from 'vue'

import { useShortcuts } from './useShortcuts'

function press(...keys: (string | KeyboardEventInit)[]): void {
  for (const key of keys) {
    const init = typeof key === 'string' ? { key } : key
    document.body.dispatchEvent(new KeyboardEvent('keydown', { bubbles: true, cancelable: true, ...init }))
  }
}

test('keys act alone, one after the other, and with Ctrl; those that are only held do not count', () => {
  const [help, dashboard, palette] = [vi.fn(), vi.fn(), vi.fn()]
  const page = mount(
    defineComponent(() => {
      useShortcuts({ '?': help, 'g d': dashboard, 'mod+k': palette })
      return () => null
    }),
  )
  press('Shift', { key: '?', shiftKey: true })
  expect(help).toHaveBeenCalledOnce()
  press('d', 'g', 'd')
  expect(dashboard).toHaveBeenCalledOnce()
  press('Control', { key: 'k', ctrlKey: true })
  expect(palette).toHaveBeenCalledOnce()
  press('k', { key: 'g', altKey: true }, 'd')
  expect([help, dashboard, palette].map((spy) => spy.mock.calls.length)).toEqual([1, 1, 1])
  page.unmount()
  press('g', 'd')
  expect(dashboard).toHaveBeenCalledOnce()
})
