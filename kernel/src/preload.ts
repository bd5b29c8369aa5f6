// The libraries that a cell finds without an import, from a JSON file: [{ name, module, export? }, …].
// A module is a path relative to that file, or a package that is found from there.
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, resolve } from 'node:path'

export interface Preload {
  /** The name in cells. */
  name: string
  /** Absolute path of the module's JavaScript. */
  file: string
  /** The one export that the name stands for; without it the name is the module itself. */
  export?: string
}

export interface Preloads {
  found: Preload[]
  /** For each entry whose module is not there, what to tell the user. */
  missing: string[]
}

/** @throws Error naming the file and the entry that is wrong */
export function readPreloads(file: string): Preloads {
  const entries: unknown = JSON.parse(readFileSync(file, 'utf8'))
  if (!Array.isArray(entries)) throw new Error(`${file}: expected an array of { name, module, export? }`)
  const found: Preload[] = []
  const missing: string[] = []
  for (const [index, entry] of entries.entries()) {
    const { name, module, export: exported } = (entry ?? {}) as Record<string, unknown>
    if (typeof name !== 'string' || !/^[A-Za-z_$][\w$]*$/.test(name)) {
      throw new Error(`${file}: entry ${index}: "name" must be an identifier`)
    }
    if (typeof module !== 'string') throw new Error(`${file}: entry ${index}: "module" must be a path or a package`)
    if (exported !== undefined && typeof exported !== 'string') {
      throw new Error(`${file}: entry ${index}: "export" must be a name`)
    }
    const path = locate(file, module)
    if (path) found.push({ name, file: path, ...(exported ? { export: exported } : {}) })
    else missing.push(`"${name}" is not there: ${module} was not found from ${dirname(file)}. Is it built?`)
  }
  return { found, missing }
}

function locate(from: string, module: string): string | undefined {
  if (module.startsWith('.') || module.startsWith('/')) {
    const path = resolve(dirname(from), module)
    return existsSync(path) ? path : undefined
  }
  try {
    return createRequire(from).resolve(module)
  } catch {
    return undefined
  }
}
