/** How a trial's process is started: this package's own command line, built or from its sources. */

import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

/** Program and arguments of `adt trial run FOLDER`. */
export function trialCommand(folder: string): string[] {
  const here = fileURLToPath(new URL('.', import.meta.url))
  const built = join(here, '..', 'cli', 'main.js')
  const words = ['trial', 'run', folder]
  if (existsSync(built)) return [process.execPath, built, ...words]
  const loader = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href
  return [process.execPath, '--import', loader, join(here, '..', 'cli', 'main.ts'), ...words]
}
