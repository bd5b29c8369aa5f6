// The preloaded libraries. Loading one may take a second, and nothing else can run meanwhile: it is loaded when a cell
// first mentions it, or ahead, while nothing runs.
import { pathToFileURL } from 'node:url'
import { describeTensors } from '../display/index.js'
import type { Preloads } from '../preload.js'
import { toFailure } from './failure.js'

export interface Libraries {
  /** Loads those that a cell's JavaScript mentions and that are not there yet; without it, all. */
  load(javascript?: string): Promise<void>
  /** What could not be loaded, told once. */
  problems(): string[]
}

/** @param variables take the libraries, by their names in cells */
export function createLibraries({ found, missing }: Preloads, variables: Record<string, unknown>): Libraries {
  const problems = [...missing]
  const left = new Set(found)
  let loaded = Promise.resolve()

  return {
    load(javascript) {
      // In turn, and a cell waits for all: were it stopped by force beside one that loads, that would never be loaded.
      loaded = loaded.then(async () => {
        const wanted = [...left].filter(
          ({ name }) => javascript === undefined || javascript.includes(`$exports.${name}`),
        )
        for (const preload of wanted) {
          left.delete(preload)
          await loadOne(preload)
        }
      })
      return loaded
    },
    problems: () => problems.splice(0),
  }

  async function loadOne({ name, file, export: exported }: Preloads['found'][number]): Promise<void> {
    try {
      const module = (await import(pathToFileURL(file).href)) as Record<string, unknown>
      if (exported && !(exported in module)) throw new Error(`it has no export "${exported}"`)
      const value = exported ? module[exported] : module
      describeTensors(value)
      // A cell that has declared the name itself keeps it.
      if (!(name in variables)) variables[name] = value
    } catch (error) {
      problems.push(`"${name}" could not be loaded from ${file}: ${toFailure(error).evalue}`)
    }
  }
}
