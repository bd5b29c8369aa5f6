/** The run view from the events of a run, live or read back from its metrics.jsonl. */

import { compact } from './format.js'
import { type Judged, type Run, type RunView, viewVersion } from './schema.js'
import { scoreHistoryOf } from './scoreHistory.js'
import { type MeasuredStep, stepNormsOf } from './stepNorms.js'
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

const mostPoints = 500
const mostRows = 8
const mostMoments = 8
/** Images of a judged batch that are kept. */
const mostJudged = 8
const mostNotes = 8
const mostChanges = 64
const keptRows = 64
/** The time of an iteration is the mean of this many last ones. */
const window = 20

/** Starts the record of a run. */
export function recordRun({ label = 'run', settings: set = {}, captions: given, stream }: RunOptions = {}): RunRecord {
  let settings = set
  let captions = given
  const events: StepEvent[] = []
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
      ...progressOf(events, status, time),
      ...seriesOf(events),
      ...measuredOf(events),
      ...(moments.length > 0 ? { judged: spread(moments, mostMoments) } : {}),
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
  const layerScores = columnsOf(events, event =>
    Object.fromEntries(
      (event.layerScores ?? []).flatMap(({ block, real, fake }) => [
        [`${block} real`, real],
        [`${block} fake`, fake],
      ]),
    ),
  )
  const memory = columnsOf(events, event => event.memory)
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
    seconds: kept.map(i => compact(events[i]!.seconds)),
    ...(layerScores.size > 0 ? { layerScores: keep(layerScores) } : {}),
    ...(memory.size > 0 ? { memory: keep(memory) } : {}),
  }
}

/** The tables over steps and scores. */
function measuredOf(events: readonly StepEvent[]): Pick<Run, 'stepNorms' | 'scoreHistory'> {
  const norms = stepNormsOf(
    events.flatMap(({ iteration, gradientNorms }) => {
      const steps = gradientNorms?.perStep
      return Array.isArray(steps) && steps.length > 0 ? [{ iteration, steps: steps as MeasuredStep[] }] : []
    }),
  )
  const history = scoreHistoryOf(
    events.map(({ iteration, realScores = [], fakeScores = [] }) => ({
      iteration,
      real: realScores,
      fake: fakeScores,
    })),
  )
  return { ...(norms ? { stepNorms: norms } : {}), ...(history ? { scoreHistory: history } : {}) }
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
