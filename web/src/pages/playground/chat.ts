import { useDebounceFn, useEventListener, useThrottleFn } from '@vueuse/core'
import { defineStore } from 'pinia'
import { computed, ref, watch } from 'vue'

import { messageOf } from '@/api/client'
import { session, sessionEnded } from '@/api/session'
import { readEvents } from '@/api/stream'
import { askModel, recordOf } from '@/queries/chat'
import { dollars } from '@/utils/format'

import { takeEvent } from './completion'
import {
  type Answer,
  type ChatRequest,
  openCalls,
  type Parameters,
  type Picture,
  type Preparation,
  type Results,
  toRequest,
  type Turn,
} from './conversation'
import { forget, type Kept, load, store } from './keeping'
import { readTools } from './tools'

/** Between two looks at an answer that streams. */
const FRAME = 50

const ownerOf = () => (session.value === undefined ? undefined : `${session.value.role} ${session.value.name}`)
const newId = () => `${Date.now().toString(36)}-${Math.random().toString(36).slice(2, 10)}`

/** The chat of this tab. It goes on while another page is open, and is there after a reload. */
export const useChat = defineStore('chat', () => {
  const turns = ref<Turn[]>([])
  const model = ref('')
  const system = ref('')
  const tools = ref('')
  const toolChoice = ref<Preparation['toolChoice']>('auto')
  const parametersOf = ref<Record<string, Parameters>>({})
  let owner = ownerOf()
  let asking: AbortController | undefined

  const parameters = computed(() => parametersOf.value[model.value] ?? {})
  const toolProblem = computed(() => readTools(tools.value).problem)
  const running = computed(() => turns.value.some((turn) => turn.role === 'assistant' && turn.state === 'running'))
  const waitingCalls = computed(() => openCalls(turns.value))

  function setParameter<Name extends keyof Parameters>(name: Name, value: Parameters[Name]): void {
    parametersOf.value = { ...parametersOf.value, [model.value]: { ...parameters.value, [name]: value } }
  }

  /** The request that would be sent if `more` were said now. */
  function requestWith(more: readonly Turn[]): ChatRequest {
    const preparation = {
      model: model.value,
      system: system.value,
      parameters: parameters.value,
      tools: readTools(tools.value).tools,
      toolChoice: toolChoice.value,
    }
    return toRequest([...turns.value, ...more], preparation)
  }

  async function say(text: string, pictures: Picture[]): Promise<void> {
    turns.value.push({ role: 'user', id: newId(), text, pictures })
    await ask()
  }

  async function giveResults(results: Results['results']): Promise<void> {
    turns.value.push({ role: 'tool', id: newId(), results })
    await ask()
  }

  /** Asks anew for an answer; what came after it is gone. */
  async function retry(id: string): Promise<void> {
    const index = turns.value.findIndex((turn) => turn.id === id)
    if (index < 0) return
    stop()
    turns.value = turns.value.slice(0, index)
    await ask()
  }

  /** Says something else in the place of a question; what came after it is gone. */
  async function edit(id: string, text: string): Promise<void> {
    const index = turns.value.findIndex((turn) => turn.id === id)
    const asked = turns.value[index]
    if (asked?.role !== 'user') return
    stop()
    turns.value = turns.value.slice(0, index)
    await say(text, asked.pictures)
  }

  function stop(): void {
    asking?.abort()
  }

  function clear(): void {
    stop()
    turns.value = []
  }

  async function ask(): Promise<void> {
    const request = requestWith([])
    const draft: Answer = {
      role: 'assistant',
      id: newId(),
      model: model.value,
      state: 'running',
      text: '',
      thoughts: '',
      calls: [],
      pictures: [],
    }
    turns.value.push({ ...draft })
    const mine = new AbortController()
    asking = mine
    const showSoon = useThrottleFn(() => show(draft), FRAME, true)
    try {
      await read(draft, await askModel(request, mine.signal), showSoon)
    } catch (error) {
      draft.state = mine.signal.aborted ? 'stopped' : 'failed'
      if (!mine.signal.aborted) draft.failure = messageOf(error)
      if (isNamed(error)) draft.requestId ??= error.requestId
    }
    show(draft)
    await learn(draft)
  }

  /** Shows how far an answer is, if its place is still there. */
  function show(draft: Answer): void {
    const index = turns.value.findIndex((turn) => turn.id === draft.id)
    if (index >= 0) turns.value[index] = { ...draft, calls: draft.calls.map((call) => ({ ...call })) }
  }

  /** Cost and times are the gateway's to say. */
  async function learn(draft: Answer): Promise<void> {
    if (draft.requestId === undefined) return
    const record = await recordOf(draft.requestId)
    if (record === undefined) return
    draft.served = {
      cost: dollars(record.cost_nanos),
      saved: dollars(record.saved_nanos),
      firstTokenMs: record.first_token_ms ?? undefined,
      durationMs: record.duration_ms,
      waitedMs: record.waited_ms,
      usage: {
        prompt: record.prompt_tokens,
        cached: record.cached_tokens,
        thoughts: record.thought_tokens,
        output: record.output_tokens,
      },
      key: record.upstream_key_label ?? undefined,
    }
    show(draft)
  }

  function kept(): Kept {
    return {
      owner: owner ?? '',
      turns: turns.value,
      model: model.value,
      system: system.value,
      tools: tools.value,
      toolChoice: toolChoice.value,
      parameters: parametersOf.value,
    }
  }

  function restore(): void {
    const known = owner === undefined ? undefined : load(owner)
    turns.value = known?.turns ?? []
    model.value = known?.model ?? ''
    system.value = known?.system ?? ''
    tools.value = known?.tools ?? ''
    toolChoice.value = known?.toolChoice ?? 'auto'
    parametersOf.value = known?.parameters ?? {}
  }

  const keep = () => owner !== undefined && store(kept())
  restore()
  watch([turns, model, system, tools, toolChoice, parametersOf], useDebounceFn(keep, 400, { maxWait: 3_000 }), {
    deep: true,
  })
  useEventListener(window, 'pagehide', keep)

  // Somebody else: nothing of this chat is theirs.
  watch([session, sessionEnded], () => {
    if (sessionEnded.value || ownerOf() === owner) return
    stop()
    if (session.value === undefined) forget()
    owner = ownerOf()
    restore()
  })

  return {
    turns,
    model,
    system,
    tools,
    toolChoice,
    parameters,
    setParameter,
    toolProblem,
    running,
    waitingCalls,
    requestWith,
    say,
    giveResults,
    retry,
    edit,
    stop,
    clear,
  }
})

/** Follows an answer to its end. */
async function read(draft: Answer, response: Response, progress: () => unknown): Promise<void> {
  const header = (name: string) => response.headers.get(name) ?? undefined
  draft.requestId = header('x-request-id')
  draft.key = header('x-gap-key')
  draft.attempts = Number(header('x-gap-attempts')) || undefined
  draft.substitute = header('x-gap-model')
  draft.warnings = header('x-gap-warnings')
  if (response.body === null) return
  let ended = false
  for await (const event of readEvents(response.body)) {
    ended = takeEvent(draft, event.data)
    if (ended) break
    void progress()
  }
  if (draft.state === 'running') draft.state = ended ? 'done' : 'stopped'
}

function isNamed(error: unknown): error is { requestId?: string } {
  return typeof error === 'object' && error !== null && 'requestId' in error
}
