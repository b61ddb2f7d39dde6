import { QueryClient } from '@tanstack/vue-query'

import { ApiError } from '@/api/client'
import { onReturn } from '@/api/connection'

/** Failures that a second try cannot mend: the request itself, or who asks. */
const FINAL = new Set([400, 401, 403, 404, 409, 422])

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      // A gateway at home answers without the internet.
      networkMode: 'always',
      // While nobody answers, the connection asks; everything is fetched anew when it is back.
      retry: (failures, error) =>
        failures < 2 && !(error instanceof ApiError && (FINAL.has(error.status) || error.unreachable)),
    },
    mutations: { networkMode: 'always' },
  },
})

onReturn(() => void queryClient.invalidateQueries())
