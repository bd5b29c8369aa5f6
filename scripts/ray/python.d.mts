/** See python.mjs. */
export function rayPython(): Promise<string>
