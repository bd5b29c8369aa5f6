// The libraries that a cell finds without an import, from a JSON file: [{ name, module, export? }, …].
// A module is a path relative to that file, or a package that is found from there. Which file: --preload, else the
// environment's ADT_KERNEL_PRELOAD, else kernel/preload.json.
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, resolve } from 'node:path'

export interface Preload {
  /** The name in cells. */
  name: string
  /** Absolute path of the module's JavaScript. */
  file: string
  /** The path or package as written, and the file that it is written in. */
  module: string
  from: string
  /** The one export that the name stands for; without it the name is the module itself. */
  export?: string
}

export interface Preloads {
  found: Preload[]
  /** For each entry whose module is not there, what to tell the user. */
  missing: string[]
}

function parse(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    throw new Error(`the preload list ${file} cannot be read: ${(error as Error).message}`)
  }
}

/** @throws Error naming the file and the entry that is wrong */
export function readPreloads(file: string): Preloads {
  const entries = parse(file)
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
    if (path) found.push({ name, file: path, module, from: resolve(file), ...(exported ? { export: exported } : {}) })
    else missing.push(`"${name}" is not there: ${module} was not found from ${dirname(file)}. ${remedy(module)}`)
  }
  return { found, missing }
}

function isPath(module: string): boolean {
  return module.startsWith('.') || module.startsWith('/')
}

function remedy(module: string): string {
  return isPath(module) ? 'Is it built?' : `Is it installed? (npm install ${module})`
}

function locate(from: string, module: string): string | undefined {
  if (isPath(module)) {
    const path = resolve(dirname(from), module)
    return existsSync(path) ? path : undefined
  }
  try {
    return createRequire(from).resolve(module)
  } catch {
    return undefined
  }
}
