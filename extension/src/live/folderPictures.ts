/** The pictures in a run folder as records of the run's log: samples, what they should near, what was judged. */

import { addRecord, type RunData } from '../../../src/views/runData.js'
import { spread } from '../../../src/views/runSeries.js'
import type { JudgedLine, ReferencesLine } from '../../../src/views/stream.js'
import { gridOf, gridPictures } from './gridPictures.js'

/** Of files that are there already, so many sets are read, evenly spread. */
const mostSets = { samples: 64, judged: 16 }
/** After so many files what came is shown. */
const atOnce = 4

export interface FolderFiles {
  /** The files in a folder of the run's; none where it is not there. */
  list(folder: string): Promise<readonly string[]>
  /** A file's content in base64; undefined where it is not there. */
  read(file: string): Promise<string | undefined>
  /** Whether to go on. */
  goes(): boolean
  /** Some came. */
  shown(): void
}

/** Reads what is new each time it is asked. */
export function createFolderPictures({ list, read, goes, shown }: FolderFiles) {
  const taken = new Set<string>()

  /** @returns whether anything is new */
  const samples = async (data: RunData, count: number): Promise<boolean> => {
    if (count === 0) return false
    const names = (await list('samples')).filter(name => /^\d+\.png$/.test(name)).map(name => `samples/${name}`)
    const fresh = names.filter(name => !taken.has(name)).sort()
    let done = 0
    for (const name of spread(fresh, mostSets.samples)) {
      const content = await read(name)
      if (!goes()) return false
      const iteration = Number.parseInt(name.slice('samples/'.length), 10)
      for (const record of content ? gridPictures(content, count, iteration) : []) addRecord(data, record)
      if (++done % atOnce === 0) shown()
    }
    for (const name of fresh) taken.add(name)
    return fresh.length > 0
  }
  const lines = async (data: RunData, pictured: readonly (JudgedLine | ReferencesLine)[]): Promise<boolean> => {
    const fresh = pictured.filter(line => !taken.has(fileOf(line)))
    const judged = spread(
      fresh.filter(line => line.kind === 'judged'),
      mostSets.judged,
    )
    let news = false
    for (const line of [...fresh.filter(({ kind }) => kind === 'references'), ...judged]) {
      const content = await read(fileOf(line))
      if (!goes()) return false
      const count = line.kind === 'judged' ? 2 * line.captions.length : line.prompts.length
      const grid = content ? gridOf(content, count) : undefined
      if (grid) addRecord(data, { ...line, ...grid })
      news ||= grid !== undefined
    }
    for (const line of fresh) taken.add(fileOf(line))
    return news
  }
  return { samples, lines, forget: () => taken.clear() }
}

function fileOf(line: JudgedLine | ReferencesLine): string {
  return line.kind === 'judged' ? `judged/${String(line.iteration).padStart(6, '0')}.png` : 'samples/references.png'
}
