/** The types as text, for the file and for the test that compares it. */
export function generate(): Promise<string>
