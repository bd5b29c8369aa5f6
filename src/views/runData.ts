/** What is known of a run while it goes on: columns of numbers, gradients, scores, pictures. No DOM, no Node. */

import type { JudgedRecord, LogRecord, Picture, Point, ReferencesRecord, StepGradient } from './stream.js'

/** Everything is in the order of its iterations. */
export interface RunData {
  readonly iterations: number[]
  /** By column name (`losses.adversarial`); entry i belongs to `iterations[i]`, NaN where it was not measured. */
  readonly columns: Map<string, number[]>
  /** Measured gradient norms of the sampler's steps. */
  readonly gradients: { readonly iteration: number; readonly steps: readonly StepGradient[] }[]
  /** The discriminator's scores of each image. */
  readonly scores: { readonly iteration: number; readonly real: readonly number[]; readonly fake: readonly number[] }[]
  /** Sets of samples; a place without picture is one that has not arrived, or is no longer kept. */
  readonly samples: { readonly iteration: number; readonly pictures: (Picture | undefined)[] }[]
  /** What the discriminator was shown. */
  readonly judged: JudgedRecord[]
  /** What the samples should near: one entry, once it is known. */
  readonly references: ReferencesRecord[]
  readonly notes: { readonly iteration: number; readonly message: string }[]
  readonly changes: { readonly iteration: number; readonly name: string; readonly value: number }[]
}

/** Moments of gradients and scores that are kept; of more, every other older one goes. */
export const mostMoments = 4096
/** Sets of samples that are kept. */
export const mostSamples = 64

export function createRunData(): RunData {
  return {
    iterations: [],
    columns: new Map(),
    gradients: [],
    scores: [],
    samples: [],
    judged: [],
    references: [],
    notes: [],
    changes: [],
  }
}

/** Adds a record. A point of an iteration that is there already begins that part of the run anew: it was resumed. */
export function addRecord(data: RunData, record: LogRecord): void {
  if (record.kind === 'point') addPoint(data, record)
  else if (record.kind === 'picture') addPicture(data, record)
  else if (record.kind === 'judged') addJudged(data, record)
  else if (record.kind === 'references') data.references.splice(0, 1, record)
  else if (record.kind === 'note') data.notes.push({ iteration: record.iteration, message: record.message })
  else if (record.kind === 'change') {
    const { iteration, name, value } = record
    data.changes.push({ iteration, name, value })
  }
}

function addPoint(data: RunData, { iteration, values, gradients, images }: Point): void {
  if (iteration <= (data.iterations.at(-1) ?? Number.NEGATIVE_INFINITY)) rewind(data, iteration)
  const at = data.iterations.push(iteration) - 1
  for (const name in values) {
    let column = data.columns.get(name)
    if (!column) {
      column = new Array<number>(at).fill(Number.NaN)
      data.columns.set(name, column)
    }
    column.push(values[name]!)
  }
  for (const column of data.columns.values()) if (column.length === at) column.push(Number.NaN)
  if (gradients) keep(data.gradients, { iteration, steps: gradients })
  if (images) keep(data.scores, { iteration, ...images })
}

function addPicture(data: RunData, picture: Picture): void {
  let set = data.samples.at(-1)
  if (set?.iteration !== picture.iteration) {
    while (data.samples.length > 0 && data.samples.at(-1)!.iteration > picture.iteration) data.samples.pop()
    set = data.samples.at(-1)
    if (set?.iteration !== picture.iteration) {
      set = { iteration: picture.iteration, pictures: new Array(picture.of).fill(undefined) }
      data.samples.push(set)
      if (data.samples.length > mostSamples)
        data.samples.splice(0, data.samples.length, ...data.samples.filter(survives))
    }
  }
  set.pictures[picture.index] = picture
}

function addJudged({ judged }: RunData, record: JudgedRecord): void {
  while (judged.length > 0 && judged.at(-1)!.iteration >= record.iteration) judged.pop()
  judged.push(record)
  if (judged.length > mostSamples) judged.splice(0, judged.length, ...judged.filter(survives))
}

/** Which of too many sets of samples stay: every other one, so that the whole length of the run stays in sight. */
export function survives(_set: unknown, index: number, sets: readonly unknown[]): boolean {
  return index % 2 === 0 || index === sets.length - 1
}

function keep<T>(moments: T[], moment: T): void {
  moments.push(moment)
  if (moments.length <= mostMoments) return
  const older = moments.splice(0, mostMoments / 2)
  moments.unshift(...older.filter((_, i) => i % 2 === 0))
}

function rewind(data: RunData, iteration: number): void {
  const before = data.iterations.findLastIndex(there => there < iteration) + 1
  data.iterations.length = before
  for (const column of data.columns.values()) column.length = before
  for (const list of [data.gradients, data.scores, data.samples, data.judged, data.notes, data.changes]) {
    while (list.length > 0 && list.at(-1)!.iteration >= iteration) list.pop()
  }
}
