import { QueryClient } from '@tanstack/vue-query'

import { ApiError } from '@/api/client'

/** Failures that a second try cannot mend: the request itself, or who asks. */
const FINAL = new Set([400, 401, 403, 404, 409, 422])

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      retry: (failures, error) => failures < 2 && !(error instanceof ApiError && FINAL.has(error.status)),
    },
  },
})
