import { flushPromises, mount } from '@vue/test-utils'
import { expect, test, vi } from 'vitest'
import { defineComponent, h } from 'vue'

import { late } from './late'

const Part = defineComponent({ render: () => h('p', 'the part') })
const Room = defineComponent({ render: () => h('p', 'its room') })

test('the room of a part stands in its place until its code is there', async () => {
  let arrive: (module: { default: typeof Part }) => void = () => undefined
  const Late = late(() => new Promise<{ default: typeof Part }>((resolve) => (arrive = resolve)), Room)
  const shown = mount({ render: () => h('div', h(Late)) })
  expect(shown.text()).toBe('its room')
  arrive({ default: Part })
  await flushPromises()
  expect(shown.text()).toBe('the part')
})

test('what could not be fetched is asked for again', async () => {
  vi.useFakeTimers()
  try {
    const load = vi.fn(() =>
      load.mock.calls.length < 3 ? Promise.reject(new Error('gone')) : Promise.resolve({ default: Part }),
    )
    const Late = late(load, Room)
    const shown = mount({ render: () => h('div', h(Late)) })
    await vi.advanceTimersByTimeAsync(5_000)
    expect(shown.text()).toBe('the part')
  } finally {
    vi.useRealTimers()
  }
})
