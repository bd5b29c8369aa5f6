/** The run view from the events of a run, live or read back from its metrics.jsonl. */

import { pointOf } from './point.js'
import { addRecord, createRunData } from './runData.js'
import { measuredOf, mostChanges, mostNotes, mostRows, mostShown, progressOf, seriesOf, spread } from './runSeries.js'
import { type Judged, type Run, type RunView, viewVersion } from './schema.js'

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
  /** One an image. */
  readonly realScores?: readonly number[]
  readonly fakeScores?: readonly number[]
  readonly layerScores?: readonly { readonly block: number; readonly real: number; readonly fake: number }[]
  /** Besides numbers `perStep`: the norm of each sampler step's share. */
  readonly gradientNorms?: Readonly<Record<string, unknown>>
  /** One, or one for each network. */
  readonly learningRate?: number | Readonly<Record<string, unknown>>
  /** How long the iteration took. */
  readonly seconds: number
  /** Bytes. */
  readonly memory?: Readonly<Record<string, unknown>>
}

export interface RunOptions {
  readonly label?: string
  /** What was set: shown as `name value`. */
  readonly settings?: Readonly<Record<string, string | number | boolean | null | undefined>>
  /** The prompts of the samples, one a column. */
  readonly captions?: readonly string[]
  /** The run's name in the live protocol. */
  readonly stream?: string
}

/** A run so far. Keeps every number; a view of it is thinned to what a drawing can show. */
export interface RunRecord {
  step(event: StepEvent): void
  /** Pictures as PNG data URIs, one a column, and their prompts where they are known. */
  samples(iteration: number, images: readonly string[], prompts?: readonly string[]): void
  /** What samples should near, for some of their prompts. */
  references(prompts: readonly string[], images: readonly string[]): void
  /** What the discriminator was shown, as PNG data URIs, with its scores. */
  judged(moment: Judged): void
  /** Something the reader should know. */
  note(iteration: number, message: string): void
  /** A setting that was changed: from this iteration on. */
  change(iteration: number, name: string, value: number): void
  /** What was set, where it is known only after the start. */
  set(settings: NonNullable<RunOptions['settings']>): void
  /** @param failure why it stopped, where it failed */
  finish(status: 'done' | 'stopped', failure?: string): void
  run(): Run
}

/** Images of a judged batch that are kept. */
const mostJudged = 8
const keptRows = 64

/** Starts the record of a run. */
export function recordRun({ label = 'run', settings: set = {}, captions: given, stream }: RunOptions = {}): RunRecord {
  let settings = set
  let captions = given
  const data = createRunData()
  let total: number | undefined
  let rows: { iteration: number; images: readonly string[] }[] = []
  let moments: Judged[] = []
  let references = new Map<string, string>()
  let notes: { iteration: number; message: string }[] = []
  let changes: NonNullable<Run['changes']> = []
  let status: Run['status'] = 'running'
  let failure: string | undefined
  let time = new Date()
  return {
    step(event) {
      const point = pointOf({ ...event })
      if (point) addRecord(data, point)
      total = event.total
      time = new Date()
    },
    samples(iteration, images, prompts) {
      captions = given ?? prompts ?? captions
      rows = [...rows.filter(row => row.iteration < iteration), { iteration, images }]
      if (rows.length > keptRows) rows = spread(rows, keptRows / 2)
      time = new Date()
    },
    references(prompts, images) {
      references = new Map(prompts.map((prompt, i) => [prompt, images[i]!]))
    },
    judged({ iteration, ...lists }) {
      const moment = Object.fromEntries(Object.entries(lists).map(([name, list]) => [name, list.slice(0, mostJudged)]))
      moments = [...moments.filter(moment => moment.iteration < iteration), { iteration, ...moment } as Judged]
      if (moments.length > keptRows) moments = spread(moments, keptRows / 2)
    },
    note(iteration, message) {
      notes = [...notes, { iteration, message: message.slice(0, 2000) }].slice(-mostNotes)
    },
    change(iteration, name, value) {
      changes = [...changes.filter(change => change.iteration <= iteration), { iteration, name, value }].slice(
        -mostChanges,
      )
    },
    set(given) {
      settings = given
    },
    finish(how, why) {
      status = how
      failure = why?.slice(0, 2000)
      time = new Date()
    },
    run: () => ({
      label,
      status,
      ...(failure ? { failure } : {}),
      ...(stream ? { stream } : {}),
      settings: Object.entries(settings)
        .filter(([, value]) => value !== undefined && value !== null)
        .map(([name, value]) => ({ name, value: String(value) })),
      ...progressOf(data, total, status, time),
      ...seriesOf(data),
      ...measuredOf(data),
      ...(moments.length > 0 ? { judged: spread(moments, mostShown) } : {}),
      ...(notes.length > 0 ? { notes } : {}),
      ...(changes.length > 0 ? { changes } : {}),
      ...(captions ? { captions: [...captions] } : {}),
      ...(captions && references.size > 0
        ? { references: captions.map(caption => references.get(caption) ?? null) }
        : {}),
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
  options: RunOptions & {
    readonly samples?: readonly { readonly iteration: number; readonly images: readonly string[] }[]
  } = {},
): Run {
  const record = recordRun(options)
  for (const event of events) record.step(event)
  for (const { iteration, images } of options.samples ?? []) record.samples(iteration, images)
  const last = events[events.length - 1]
  record.finish(last && last.iteration >= last.total ? 'done' : 'stopped')
  return record.run()
}
