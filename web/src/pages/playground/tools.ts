/** What is wrong with the tools that were entered: a word for each fault, and where it is. */
export interface ToolProblem {
  fault: 'json' | 'list' | 'item' | 'type' | 'function' | 'name' | 'twice' | 'parameters'
  /** The tool, counted from 1. */
  tool?: number
  /** The browser's own words on broken JSON. */
  detail?: string
}

const LONGEST_NAME = 128

/** Reads tools as the API takes them: `[{"type": "function", "function": {…}}]`. Nothing is no tool. */
export function readTools(text: string): { tools: object[]; problem?: ToolProblem } {
  if (text.trim() === '') return { tools: [] }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    return { tools: [], problem: { fault: 'json', detail: error instanceof Error ? error.message : undefined } }
  }
  if (!Array.isArray(value)) return { tools: [], problem: { fault: 'list' } }
  const names = new Set<string>()
  for (const [index, tool] of (value as unknown[]).entries()) {
    const fault = faultOf(tool, names)
    if (fault !== undefined) return { tools: [], problem: { fault, tool: index + 1 } }
  }
  return { tools: value as object[] }
}

function faultOf(tool: unknown, names: Set<string>): ToolProblem['fault'] | undefined {
  if (!isObject(tool)) return 'item'
  if (typeof tool.type !== 'string' || tool.type === '') return 'type'
  // Google's own tools, which the gateway knows.
  if (tool.type !== 'function') return undefined
  if (!isObject(tool.function)) return 'function'
  const { name, parameters } = tool.function
  if (typeof name !== 'string' || name === '' || name.length > LONGEST_NAME) return 'name'
  if (names.has(name)) return 'twice'
  names.add(name)
  return parameters === undefined || isObject(parameters) ? undefined : 'parameters'
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A tool to begin with. */
export const EXAMPLE_TOOLS = JSON.stringify(
  [
    {
      type: 'function',
      function: {
        name: 'get_weather',
        description: 'The weather of a city at this moment.',
        parameters: {
          type: 'object',
          properties: { city: { type: 'string' } },
          required: ['city'],
        },
      },
    },
  ],
  null,
  2,
)
