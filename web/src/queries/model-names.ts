import { useQuery } from '@tanstack/vue-query'

import { answer, api } from '@/api/client'

/** The names of models, to choose from. */
export function useModelNames() {
  return useQuery({
    queryKey: ['models', 'names'],
    queryFn: async ({ signal }) => {
      const query = { page: 1, page_size: 1_000 }
      const { items } = await answer(api.GET('/api/v1/models', { params: { query }, signal }))
      return items.map(({ model }) => model).filter((model) => model !== '')
    },
    staleTime: 60_000,
  })
}
