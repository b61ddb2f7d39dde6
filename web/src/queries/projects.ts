import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/vue-query'
import { computed, type MaybeRefOrGetter, toValue } from 'vue'

import { answer, api, type Schema } from '@/api/client'

const LARGEST_PAGE = 1_000
/** A choice among more projects than these is no choice; the list shows them by pages. */
const MOST_PAGES = 10

/** One page of projects. */
export function useProjects(query: MaybeRefOrGetter<{ page: number; page_size: number }>) {
  return useQuery({
    queryKey: ['projects', 'list', computed(() => toValue(query))],
    queryFn: ({ signal }) => answer(api.GET('/api/v1/projects', { params: { query: toValue(query) }, signal })),
    placeholderData: keepPreviousData,
  })
}

/** All projects, to choose from. */
export function useAllProjects() {
  return useQuery({
    queryKey: ['projects', 'all'],
    queryFn: async ({ signal }) => {
      const all: Schema<'ProjectView'>[] = []
      for (let page = 1; page <= MOST_PAGES; page += 1) {
        const query = { page, page_size: LARGEST_PAGE }
        // Each page tells whether there is another.
        // oxlint-disable-next-line no-await-in-loop
        const { items, total } = await answer(api.GET('/api/v1/projects', { params: { query }, signal }))
        all.push(...items)
        if (all.length >= total || items.length === 0) break
      }
      return all
    },
    staleTime: 30_000,
  })
}

/** The limits of a project: by hand, and what counts by model. */
export function useProjectLimits(project: MaybeRefOrGetter<string | undefined>) {
  return useQuery({
    queryKey: ['projects', 'limits', computed(() => toValue(project))],
    queryFn: async ({ signal }) => {
      const query = { project: toValue(project) }
      return (await answer(api.GET('/api/v1/limits', { params: { query }, signal }))).items[0] ?? null
    },
    enabled: computed(() => Boolean(toValue(project))),
    refetchInterval: 15_000,
  })
}

/** What is done to projects. */
export function useProjectActions() {
  const client = useQueryClient()
  const after = {
    onSettled: () => {
      void client.invalidateQueries({ queryKey: ['projects'] })
      void client.invalidateQueries({ queryKey: ['keys'] })
    },
  }
  return {
    create: useMutation({
      mutationFn: (body: Schema<'NewProject'>) => answer(api.POST('/api/v1/projects', { body })),
      ...after,
    }),
    update: useMutation({
      mutationFn: ({ id, change }: { id: string; change: Schema<'ProjectChange'> }) =>
        answer(api.PATCH('/api/v1/projects/{id}', { params: { path: { id } }, body: change })),
      ...after,
    }),
    remove: useMutation({
      mutationFn: (id: string) => answer(api.DELETE('/api/v1/projects/{id}', { params: { path: { id } } })),
      ...after,
    }),
    setLimits: useMutation({
      mutationFn: (body: Schema<'NewLimits'>) => answer(api.PUT('/api/v1/limits', { body })),
      ...after,
    }),
    clearLimits: useMutation({
      mutationFn: (query: { project: string; model?: string }) =>
        answer(api.DELETE('/api/v1/limits', { params: { query } })),
      ...after,
    }),
  }
}
