/** The kernel's side of the live protocol, without the kernel: a run's log, from which any stretch can be read. */

import { mostSamples, survives } from './runData.js'
import { type About, type LogRecord, streamVersion, type Update } from './stream.js'
import { encodeRecords } from './streamCodec.js'

/** A message holds at most so many records. */
const mostRecords = 4096

export interface RunLog {
  readonly run: string
  readonly length: number
  readonly about: About
  append(record: LogRecord): void
  /** Changes the description. */
  describe(changes: Partial<Omit<About, 'revision'>>): void
  /**
   * An update from record `from` on: as many as make about `bytes`, at least one if there is one.
   * @param known the revision of the description that the reader has; −1: none
   */
  read(from: number, bytes: number, known?: number): { update: Update; buffers: Uint8Array[]; next: number }
}

/** Starts the log of a run. `onChange` is called after every change. */
export function createRunLog(
  run: string,
  described: Partial<Omit<About, 'revision'>> & { label: string },
  onChange: () => void = () => {},
): RunLog {
  const records: LogRecord[] = []
  /** Numbers of the pictures that are kept, by set. */
  let sets: { iteration: number; numbers: number[] }[] = []
  let about: About = { revision: 0, status: 'starting', settings: [], total: null, controls: null, ...described }

  const keepPictures = (iteration: number) => {
    if (sets.at(-1)?.iteration !== iteration) sets.push({ iteration, numbers: [] })
    sets.at(-1)!.numbers.push(records.length - 1)
    if (sets.length <= mostSamples) return
    const kept = sets.filter(survives)
    for (const set of sets)
      if (!kept.includes(set)) for (const number of set.numbers) records[number] = { kind: 'gone' }
    sets = kept
  }

  return {
    run,
    get length() {
      return records.length
    },
    get about() {
      return about
    },
    append(record) {
      records.push(record)
      if (record.kind === 'picture' || record.kind === 'judged') keepPictures(record.iteration)
      onChange()
    },
    describe(changes) {
      about = { ...about, ...changes, revision: about.revision + 1 }
      onChange()
    },
    read(from, bytes, known = -1) {
      const first = Math.min(from, records.length)
      let next = first
      let size = 0
      const end = Math.min(records.length, first + mostRecords)
      while (next < end && (next === first || size + sizeOf(records[next]!) <= bytes)) {
        size += sizeOf(records[next++]!)
      }
      const { groups, buffers } = encodeRecords(records.slice(first, next))
      const update: Update = {
        version: streamVersion,
        type: 'update',
        run,
        from: first,
        length: records.length,
        groups,
        ...(about.revision > known && { about }),
      }
      return { update, buffers, next }
    },
  }
}

/** About what a record takes on the wire. */
function sizeOf(record: LogRecord): number {
  if (record.kind === 'gone') return 1
  if ('pixels' in record) return record.pixels.byteLength + 500
  if (record.kind !== 'point') return 100
  const { values, gradients = [], images } = record
  const scores = images ? images.real.length + images.fake.length : 0
  return 4 * (1 + Object.keys(values).length + 4 * gradients.length + scores) + 10
}
