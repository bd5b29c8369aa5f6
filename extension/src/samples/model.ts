/** Which pictures stand side by side. No page is needed. */

import type { NumbersTable } from '../../../src/views/numbers.js'
import type { Run } from '../../../src/views/schema.js'
import { trans } from '../../../src/views/words.js'

/** A row of pictures, one a prompt: those of an iteration, or the references. */
export type RowKey = number | 'reference'

export interface Row {
  readonly key: RowKey
  readonly name: string
  readonly images: readonly (string | null | undefined)[]
}

/** The references, where there are any, and the samples from first to last. */
export function rowsOf({ samples, references }: Run): Row[] {
  const rows = samples.map(({ iteration, images }) => ({
    key: iteration,
    name: iteration === 0 ? trans.__('before') : trans.__('iteration %1', iteration),
    images,
  }))
  return references?.some(picture => picture !== null)
    ? [{ key: 'reference', name: trans.__('reference'), images: references }, ...rows]
    : rows
}

/** How many prompts there are pictures of. */
export function promptCount(rows: readonly Row[]): number {
  return Math.max(0, ...rows.map(({ images }) => images.length))
}

export function promptName({ captions }: Run, prompt: number): string {
  return captions?.[prompt] ?? trans.__('prompt %1', prompt + 1)
}

/** Before and after: the first samples and the last. */
export function firstAndLast(rows: readonly Row[]): readonly [RowKey, RowKey] | undefined {
  const drawn = rows.filter(({ key }) => key !== 'reference')
  return drawn.length > 0 ? [drawn[0]!.key, drawn[drawn.length - 1]!.key] : undefined
}

/** What the reader compares: two rows, of all prompts or of one. */
export interface Compared {
  readonly a: RowKey
  readonly b: RowKey
  readonly prompt: number | undefined
}

export interface Pair {
  readonly prompt: number
  readonly a: string | null
  readonly b: string | null
}

/** The pictures of a comparison; a prompt of which both are missing is left out. */
export function pairsOf(rows: readonly Row[], { a, b, prompt }: Compared): Pair[] {
  const [first, second] = [rows.find(({ key }) => key === a), rows.find(({ key }) => key === b)]
  const prompts = prompt === undefined ? Array.from({ length: promptCount(rows) }, (_, i) => i) : [prompt]
  return prompts
    .map(prompt => ({ prompt, a: first?.images[prompt] ?? null, b: second?.images[prompt] ?? null }))
    .filter(({ a, b }) => a !== null || b !== null)
}

/** The choice still stands when samples are added or dropped; what is gone falls back to the first or the last. */
export function stillThere(rows: readonly Row[], compared: Compared | undefined): Compared | undefined {
  const ends = firstAndLast(rows)
  if (!ends) return undefined
  const has = (key: RowKey | undefined) => rows.some(row => row.key === key)
  return {
    a: compared && has(compared.a) ? compared.a : ends[0],
    b: compared && has(compared.b) ? compared.b : ends[1],
    prompt: compared?.prompt !== undefined && compared.prompt < promptCount(rows) ? compared.prompt : undefined,
  }
}

export function samplesTable(run: Run): NumbersTable {
  const rows = rowsOf(run)
  const prompts = Array.from({ length: promptCount(rows) }, (_, i) => promptName(run, i))
  return {
    head: [trans.__('pictures'), ...prompts],
    body: rows.map(({ name, images }) => [name, ...prompts.map((_, i) => (images[i] ? trans.__('drawn') : ''))]),
  }
}
