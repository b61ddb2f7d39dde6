import { useQuery } from '@tanstack/vue-query'

import { answer, api, ApiError, send } from '@/api/client'
import { session } from '@/api/session'

/** A model that can be talked to, with what Google says of it. */
export interface ChatModel {
  id: string
  title: string
  description?: string
  inputLimit?: number
  outputLimit?: number
  temperature?: number
  maxTemperature?: number
  topP?: number
  topK?: number
  thinks: boolean
}

interface ListedModel {
  id: string
  display_name?: string
  description?: string
  context_length?: number
  max_output_tokens?: number
  extra_content?: {
    google?: {
      supportedGenerationMethods?: string[]
      temperature?: number
      maxTemperature?: number
      topP?: number
      topK?: number
      thinking?: boolean
    }
  }
}

/** The models that whoever asks may talk to, as clients see them. */
export function useChatModels() {
  return useQuery({
    queryKey: ['chat', 'models', () => session.value?.name],
    queryFn: async ({ signal }) => {
      const list = (await (await send('/v1/models', { signal })).json()) as { data: ListedModel[] }
      return list.data.filter(canChat).map(shape)
    },
    staleTime: 60_000,
  })
}

function canChat({ extra_content }: ListedModel): boolean {
  const methods = extra_content?.google?.supportedGenerationMethods
  return methods === undefined || methods.includes('generateContent')
}

function shape(model: ListedModel): ChatModel {
  const google = model.extra_content?.google
  return {
    id: model.id,
    title: model.display_name ?? model.id,
    description: model.description,
    inputLimit: model.context_length,
    outputLimit: model.max_output_tokens,
    temperature: google?.temperature,
    maxTemperature: google?.maxTemperature,
    topP: google?.topP,
    topK: google?.topK,
    thinks: google?.thinking === true,
  }
}

/** Asks as any client would; the answer is a stream. */
export function askModel(request: object, signal: AbortSignal): Promise<Response> {
  return send('/v1/chat/completions', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(request),
    signal,
  })
}

/** Records are written a moment after the answer has ended. */
const PAUSES = [300, 700, 1_500, 3_000]

/** What the log says of a request; nothing when it is not there in time. */
export async function recordOf(id: string) {
  for (const pause of PAUSES) {
    await new Promise((resolve) => setTimeout(resolve, pause))
    try {
      return await answer(api.GET('/api/v1/requests/{id}', { params: { path: { id } } }))
    } catch (error) {
      if (!(error instanceof ApiError && error.status === 404)) return undefined
    }
  }
  return undefined
}
