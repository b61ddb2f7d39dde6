import { mount } from '@vue/test-utils'
import { expect, test } from 'vitest'
import { defineComponent, h } from 'vue'
import { createMemoryHistory, createRouter, RouterView } from 'vue-router'

import { usePaging } from './usePaging'

const settled = () => new Promise<void>((resolve) => setTimeout(resolve))

/** A list at an address, as a person would open it. */
async function open(address: string) {
  let paging!: ReturnType<typeof usePaging<{ state: string; q: string }>>
  const List = defineComponent(() => {
    paging = usePaging({ filters: { state: '', q: '' }, sort: 'created' })
    return () => h('p')
  })
  const router = createRouter({ history: createMemoryHistory(), routes: [{ path: '/', component: List }] })
  await router.push(address)
  mount(RouterView, { global: { plugins: [router] } })
  return { paging, router }
}

test('an address shows the list that it names', async () => {
  const { paging } = await open('/?page=3&page_size=20&state=resting&sort=label&order=asc')
  expect(paging.page.value).toBe(3)
  expect(paging.pageSize.value).toBe(20)
  expect(paging.filters.state.value).toBe('resting')
  expect([paging.sort.value, paging.order.value]).toEqual(['label', 'asc'])
})

test.each(['0', '-1', '1.5', 'x', '1e9'])('a page %j is the first', async (page) => {
  const { paging } = await open(`/?page=${page}`)
  expect(paging.page.value).toBe(1)
})

test('another filter begins with the first page; nothing chosen leaves nothing in the address', async () => {
  const { paging, router } = await open('/?page=3')
  paging.filters.state.value = 'ready'
  await settled()
  expect(router.currentRoute.value.fullPath).toBe('/?state=ready')
  expect(paging.filtered.value).toBe(true)
  paging.clear()
  await settled()
  expect(router.currentRoute.value.fullPath).toBe('/')
})
