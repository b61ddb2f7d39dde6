import { readonly, ref, type Ref, onScopeDispose } from 'vue'

const now = ref(Date.now())
let readers = 0
let timer: ReturnType<typeof setInterval> | undefined

/** The time, by the second; one clock for everything that counts on a page. */
export function useNow(): Readonly<Ref<number>> {
  now.value = Date.now()
  readers += 1
  timer ??= setInterval(() => (now.value = Date.now()), 1_000)
  onScopeDispose(() => {
    readers -= 1
    if (readers > 0) return
    clearInterval(timer)
    timer = undefined
  })
  return readonly(now)
}
