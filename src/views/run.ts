/** The run view from the events of a run, live or read back from its metrics.jsonl. */

import { compact } from './format.js'
import { type Run, type RunView, viewVersion } from './schema.js'
import { thin } from './thin.js'

/**
 * What one iteration of training reports; the trainer names the losses and norms. What an iteration did not measure is
 * null, and what is no number is not drawn.
 */
export interface StepEvent {
  readonly kind: 'step'
  readonly iteration: number
  readonly total: number
  readonly losses: Readonly<Record<string, unknown>>
  /** Means over the batch and the heads: `real`, `fake`. */
  readonly scores?: Readonly<Record<string, unknown>> | null
  readonly gradientNorms?: Readonly<Record<string, unknown>>
  /** One, or one for each network. */
  readonly learningRate?: number | Readonly<Record<string, unknown>>
  /** How long the iteration took. */
  readonly seconds: number
}

export interface RunOptions {
  readonly label?: string
  /** What was set: shown as `name value`. */
  readonly settings?: Readonly<Record<string, string | number | boolean | null | undefined>>
  /** The prompts of the samples, one a column. */
  readonly captions?: readonly string[]
}

/** A run so far. Keeps every number; a view of it is thinned to what a drawing can show. */
export interface RunRecord {
  step(event: StepEvent): void
  /** Pictures as PNG data URIs, one a column, and their prompts where they are known. */
  samples(iteration: number, images: readonly string[], prompts?: readonly string[]): void
  /** Something the reader should know. */
  note(iteration: number, message: string): void
  finish(status: 'done' | 'stopped'): void
  run(): Run
}

const mostPoints = 500
const mostRows = 8
const mostNotes = 8
const keptRows = 64
/** The time of an iteration is the mean of this many last ones. */
const window = 20

/** Starts the record of a run. */
export function recordRun({ label = 'run', settings = {}, captions: given }: RunOptions = {}): RunRecord {
  let captions = given
  const events: StepEvent[] = []
  let rows: { iteration: number; images: readonly string[] }[] = []
  let notes: { iteration: number; message: string }[] = []
  let status: Run['status'] = 'running'
  let time = new Date()
  return {
    step(event) {
      // A resumed run repeats the iterations after its checkpoint: the later numbers are the ones that count.
      while (events.length > 0 && events[events.length - 1]!.iteration >= event.iteration) events.pop()
      events.push(event)
      time = new Date()
    },
    samples(iteration, images, prompts) {
      captions = given ?? prompts ?? captions
      rows = [...rows.filter(row => row.iteration < iteration), { iteration, images }]
      if (rows.length > keptRows) rows = spread(rows, keptRows / 2)
      time = new Date()
    },
    note(iteration, message) {
      notes = [...notes, { iteration, message: message.slice(0, 2000) }].slice(-mostNotes)
    },
    finish(how) {
      status = how
      time = new Date()
    },
    run: () => ({
      label,
      status,
      settings: Object.entries(settings)
        .filter(([, value]) => value !== undefined && value !== null)
        .map(([name, value]) => ({ name, value: String(value) })),
      ...progressOf(events, status, time),
      ...seriesOf(events),
      ...(notes.length > 0 ? { notes } : {}),
      ...(captions ? { captions: [...captions] } : {}),
      samples: spread(rows, mostRows).map(row => ({ iteration: row.iteration, images: [...row.images] })),
    }),
  }
}

/** One run, or several drawn over one another. */
export function runView(runs: readonly Run[], title?: string): RunView {
  if (runs.length === 0) throw new RangeError('give at least one run')
  return { version: viewVersion, view: 'run', ...(title ? { title } : {}), runs: [...runs] }
}

/** The same record from events that are all there: a stored run. */
export function storedRun(
  events: readonly StepEvent[],
  options: RunOptions & { samples?: readonly { iteration: number; images: readonly string[] }[] } = {},
): Run {
  const record = recordRun(options)
  for (const event of events) record.step(event)
  for (const { iteration, images } of options.samples ?? []) record.samples(iteration, images)
  const last = events[events.length - 1]
  record.finish(last && last.iteration >= last.total ? 'done' : 'stopped')
  return record.run()
}

function progressOf(events: readonly StepEvent[], status: Run['status'], time: Date): { progress?: Run['progress'] } {
  const last = events[events.length - 1]
  if (!last) return {}
  const recent = events.slice(-window)
  const seconds = recent.reduce((sum, event) => sum + event.seconds, 0) / recent.length
  return {
    progress: {
      iteration: last.iteration,
      total: last.total,
      secondsPerIteration: compact(seconds),
      eta: status === 'running' ? compact(seconds * Math.max(0, last.total - last.iteration)) : null,
      time: time.toISOString(),
    },
  }
}

function seriesOf(events: readonly StepEvent[]) {
  const losses = columnsOf(events, event => event.losses)
  const scores = columnsOf(events, event => event.scores)
  const gradientNorms = columnsOf(events, event => event.gradientNorms)
  const learningRates = columnsOf(events, ({ learningRate }) =>
    typeof learningRate === 'number' ? { learningRate } : learningRate,
  )
  const columns = [losses, scores, gradientNorms].flatMap(named => [...named.values()])
  const kept = thin(columns, events.length, mostPoints)
  const keep = (named: ReadonlyMap<string, readonly (number | null)[]>) =>
    Object.fromEntries([...named].map(([name, column]) => [name, kept.map(i => compact(column[i]))]))
  return {
    iteration: kept.map(i => events[i]!.iteration),
    losses: keep(losses),
    scores: keep(scores),
    gradientNorms: keep(gradientNorms),
    learningRates: keep(learningRates),
  }
}

/** A column for each name that has a number in any event; null where an event lacks it. */
function columnsOf(
  events: readonly StepEvent[],
  pick: (event: StepEvent) => Readonly<Record<string, unknown>> | null | undefined,
): Map<string, (number | null)[]> {
  const columns = new Map<string, (number | null)[]>()
  for (const [i, event] of events.entries()) {
    const record = pick(event)
    for (const name in record) {
      const value = record[name]
      if (typeof value !== 'number') continue
      let column = columns.get(name)
      if (!column) {
        column = new Array(events.length).fill(null)
        columns.set(name, column)
      }
      column[i] = value
    }
  }
  return columns
}

/** At most `most` entries, evenly spread, the first and the last among them. */
function spread<T>(entries: readonly T[], most: number): T[] {
  if (entries.length <= most) return [...entries]
  return Array.from({ length: most }, (_, i) => entries[Math.round((i * (entries.length - 1)) / (most - 1))]!)
}
