/** The events of a run from the folder that `adt tune` kept them in, in the order in which they came. */

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { type ImageBatch, readGrid } from '../data/index.js'
import type { Judged, StepEvent } from '../views/index.js'
import type { DrawnEvent } from './progress.js'

/** What a run folder tells of itself. */
export interface StoredRun {
  /** As the command line was given. */
  readonly options: Readonly<Record<string, unknown>>
  readonly prompts: readonly string[]
  /** Pictures are read when their event's turn comes; of those whose file is gone there is none. */
  events(): AsyncGenerator<DrawnEvent>
}

/** A line of metrics.jsonl; the pictures lie beside it. */
type Line =
  | StepEvent
  | { readonly kind: 'references'; readonly iteration: number; readonly prompts: readonly string[] }
  | ({ readonly kind: 'judged' } & Omit<Judged, 'real' | 'generated'>)
  | { readonly kind: 'warning'; readonly iteration: number; readonly message: string }
  | { readonly kind: 'checkpoint'; readonly iteration: number }

/** @throws Error naming the file that is missing or is no run's */
export function readRunFolder(folder: string): StoredRun {
  const options = (parse<{ options?: Record<string, unknown> }>(read(join(folder, 'config.json')), 'config.json')
    .options ?? {}) as Record<string, unknown>
  const prompts = (options.prompt as string[] | undefined) ?? []
  const metrics = join(folder, 'metrics.jsonl')
  const lines = read(metrics)
    .split('\n')
    .filter(line => line !== '')
    .map((line, i) => parse<Line>(line, `${metrics}, line ${i + 1}`))
  return { options, prompts, events: () => eventsOf(folder, prompts, lines) }
}

/**
 * The run again, as if it went on now: for lessons, for looking at a view while it grows.
 * @param speed by how much faster than it was; 0 does not wait
 */
export async function* replay(folder: string, { speed = 20 }: { speed?: number } = {}): AsyncGenerator<DrawnEvent> {
  for await (const event of readRunFolder(folder).events()) {
    if (event.kind === 'step' && speed > 0) await pause((1000 * event.seconds) / speed)
    yield event
  }
}

async function* eventsOf(
  folder: string,
  prompts: readonly string[],
  lines: readonly Line[],
): AsyncGenerator<DrawnEvent> {
  yield* samplesAt(folder, prompts, 0)
  for (const line of lines) {
    if (line.kind === 'step') {
      yield line
      yield* samplesAt(folder, prompts, line.iteration)
    } else if (line.kind === 'references') {
      const file = join(folder, 'samples', 'references.png')
      if (existsSync(file)) yield { ...line, images: await readGrid(file, line.prompts.length) }
    } else if (line.kind === 'judged') {
      const file = join(folder, 'judged', pictureName(line.iteration))
      if (existsSync(file)) yield { ...line, ...halves(await readGrid(file, 2 * line.captions.length)) }
    } else yield line
  }
  const last = lines.findLast(line => line.kind === 'step')
  if (last && last.iteration >= last.total) yield { kind: 'done' }
}

async function* samplesAt(folder: string, prompts: readonly string[], iteration: number): AsyncGenerator<DrawnEvent> {
  const file = join(folder, 'samples', pictureName(iteration))
  if (prompts.length === 0 || !existsSync(file)) return
  yield { kind: 'samples', iteration, prompts, images: await readGrid(file, prompts.length) }
}

function halves({ data, shape }: ImageBatch): { real: ImageBatch; generated: ImageBatch } {
  const [count, ...size] = shape as [number, ...number[]]
  const half = { shape: [count / 2, ...size] }
  const middle = data.length / 2
  return { real: { ...half, data: data.slice(0, middle) }, generated: { ...half, data: data.slice(middle) } }
}

const pictureName = (iteration: number) => `${String(iteration).padStart(6, '0')}.png`

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new Error(`${file}: cannot be read (${(error as NodeJS.ErrnoException).code}); a run folder holds one`, {
      cause: error,
    })
  }
}

function parse<T>(text: string, where: string): T {
  try {
    return JSON.parse(text) as T
  } catch (error) {
    throw new Error(`${where}: not JSON (${(error as Error).message})`, { cause: error })
  }
}
