/** What a study's rule of early stopping has seen: `arrivals.jsonl`, which every process that runs the study adds to. */

import { appendFileSync, closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { WriteError } from '../data/files.js'
import type { Study } from './study.js'

/** A trial's value at an iteration. */
export interface Arrival {
  key: string
  iteration: number
  value: number
}

/** From here on the trial is not to be stopped: somebody wants it to go on. */
export interface Pardon {
  key: string
  pardoned: true
}

export interface Arrivals {
  /** What was added since the last time, here or in another process, in the file's order. */
  take(): (Arrival | Pardon)[]
  /**
   * Adds a line, and takes what there is then: one look at the file's end.
   * @throws WriteError (a full disk, say)
   */
  add(line: Arrival | Pardon): (Arrival | Pardon)[]
}

const newline = 0x0a

/** Opens a study's file; it is made with the first line, in the study's folder, which is there. */
export function openArrivals({ name }: Study, folder: string): Arrivals {
  const file = join(folder, name, 'arrivals.jsonl')
  let taken = 0

  const takeFrom = (descriptor: number): (Arrival | Pardon)[] => {
    const tail = Buffer.alloc(Math.max(0, fstatSync(descriptor).size - taken))
    const length = readSync(descriptor, tail, 0, tail.length, taken)
    // Whole lines alone: another process may be writing the last. One that a crash cut short stays so.
    const whole = tail.subarray(0, length).lastIndexOf(newline) + 1
    taken += whole
    const lines = tail.toString('utf8', 0, whole).split('\n')
    return lines.filter(line => line.endsWith('}')).map(line => JSON.parse(line) as Arrival | Pardon)
  }
  const addTo = (descriptor: number, line: Arrival | Pardon) => {
    const { size } = fstatSync(descriptor)
    const last = Buffer.alloc(1)
    const isCut = size > 0 && readSync(descriptor, last, 0, 1, size - 1) === 1 && last[0] !== newline
    try {
      appendFileSync(descriptor, `${isCut ? '\n' : ''}${JSON.stringify(line)}\n`)
    } catch (error) {
      throw new WriteError(file, error)
    }
  }
  const opened = <T>(flags: string, use: (descriptor: number) => T): T => {
    const descriptor = openSync(file, flags)
    try {
      return use(descriptor)
    } finally {
      closeSync(descriptor)
    }
  }

  return {
    take: () => (existsSync(file) ? opened('r', takeFrom) : []),
    add: line =>
      opened('a+', descriptor => {
        addTo(descriptor, line)
        return takeFrom(descriptor)
      }),
  }
}
