/** The APIs that clients speak, as they call themselves. */
const NAMES: Record<string, string> = { openai: 'OpenAI', anthropic: 'Anthropic', gemini: 'Gemini' }

/** What an API is called. */
export function dialectName(dialect: string): string {
  return NAMES[dialect] ?? dialect
}
