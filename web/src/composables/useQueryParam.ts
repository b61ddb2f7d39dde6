import { computed, type WritableComputedRef } from 'vue'
import { useRoute, useRouter } from 'vue-router'

/**
 * Something of a page that stands in its address, such as what lies open over it: a link opens it too, and the browser's
 * way back closes it. The rest of the address stays.
 */
export function useQueryParam(name: string): WritableComputedRef<string | undefined> {
  const route = useRoute()
  const router = useRouter()
  return computed({
    get: () => {
      const value = route.query[name]
      return typeof value === 'string' && value !== '' ? value : undefined
    },
    set: (value) => void router.push({ query: { ...route.query, [name]: value }, hash: route.hash }),
  })
}
