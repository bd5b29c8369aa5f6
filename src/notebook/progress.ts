/** The live view of a run: one display, updated in place, and the stream of records that a page may follow. */

import type { Control, Ending } from '../tuning/index.js'
import {
  encodeSmall,
  encodeTiles,
  type Judged,
  pointOf,
  type RunOptions,
  type RunRecord,
  type RunView,
  recordRun,
  runView,
  type StepEvent,
  viewBundle,
} from '../views/index.js'
import { type Displayable, display, host } from './host.js'
import { liveDisplay } from './liveDisplay.js'
import { type Pictures, pixelsOf } from './pictures.js'
import { judgedRecord, mostCaptions, picturesOf, referencesRecord } from './records.js'
import { publishRun } from './runStream.js'

/** What a run reports, as far as it is drawn: the events of `tune` and `pretrain`. */
export type DrawnEvent =
  | StepEvent
  | {
      readonly kind: 'start'
      readonly total: number
      readonly settings: Readonly<Record<string, string | number>>
      readonly prompts?: readonly string[]
      readonly control: Control
    }
  | {
      readonly kind: 'samples'
      readonly iteration: number
      readonly images: Pictures
      readonly prompts?: readonly string[]
    }
  | {
      readonly kind: 'references'
      readonly images: Pictures
      readonly prompts: readonly string[]
    }
  | {
      readonly kind: 'judged'
      readonly iteration: number
      readonly captions: readonly string[]
      readonly real: Pictures
      readonly generated: Pictures
      readonly realScores: readonly (number | null)[]
      readonly fakeScores: readonly (number | null)[]
    }
  | { readonly kind: 'compiling' | 'caching' }
  | { readonly kind: 'checkpoint' }
  | { readonly kind: 'evaluation' }
  | { readonly kind: 'paused' | 'resumed' }
  | { readonly kind: 'change'; readonly iteration: number; readonly name: string; readonly value: number }
  | { readonly kind: 'done' }
  | { readonly kind: 'warning'; readonly iteration: number; readonly message: string }

/** The live view. */
export interface Progress extends Displayable {
  /** Takes an event in; the display follows at most four times a second. */
  show(event: DrawnEvent): void
  /** Draws the end of a run that was left early. A `done` event does the same for one that was not. */
  stop(): void
  /** The run as it now is, to keep or to compare: `adt.show(progress.view())`. */
  view(): RunView
}

/** Milliseconds between displays while a page has the stream: then they are only what a saved notebook keeps. */
const whileFollowed = 5000

/**
 * Starts a live view; it appears with the first event. Where JupyterLab draws it, it pauses, stops and changes the run too.
 *
 *     const progress = adt.progress({ label: 'ADT' })
 *     for await (const event of adt.tune(model, settings)) progress.show(event)
 */
export function progress({ settings, ...options }: RunOptions = {}): Progress {
  const { label = 'run', captions } = options
  const stream = publishRun({
    label,
    settings: pairs(settings ?? {}),
    ...(captions && { captions: captions.slice(0, mostCaptions) }),
  })
  const record = recordRun({ ...options, settings: settings ?? {}, stream: stream.run })
  let finished = false
  const view = () => runView([record.run()])
  // The picture for other front ends takes longer to draw than all the rest: only the last state has it.
  const live = liveDisplay(
    last => viewBundle(view(), { picture: last }),
    () => (stream.followed ? whileFollowed : 0),
  )
  const finish = ({ status, message }: Ending) => {
    if (finished) return
    finished = true
    stream.describe({ status, ...(message && { message: message.slice(0, 2000) }) })
    record.finish(status === 'done' ? 'done' : 'stopped', message)
    live.finish()
  }
  const begin = (event: DrawnEvent & { kind: 'start' }) => {
    const { control, total, prompts } = event
    if (!settings) record.set(event.settings)
    stream.describe({
      status: 'running',
      total,
      controls: control.values,
      // Before the first samples, which may never come by themselves: they can be asked for.
      ...(!captions && prompts && { captions: prompts.slice(0, mostCaptions) }),
      ...(!settings && { settings: pairs(event.settings) }),
    })
    stream.obey(control.act)
    // The run ends also when its loop is left, when it fails, or when its cell is interrupted.
    void control.ended.then(finish)
    host()?.signal?.addEventListener('abort', () => control.act({ do: 'stop' }), { once: true })
    controlled = control
  }
  let controlled: Control | undefined
  let total = 0

  return {
    show(event) {
      if (finished) return
      switch (event.kind) {
        case 'start':
          begin(event)
          break
        case 'done':
          return finish({ status: 'done' })
        case 'step':
          stream.append(pointOf({ ...event })!)
          if (event.total !== total) {
            total = event.total
            stream.describe({ total, status: 'running' })
          }
          break
        case 'warning':
          stream.append({ kind: 'note', iteration: event.iteration, message: event.message.slice(0, 2000) })
          break
        case 'samples': {
          const pixels = pixelsOf(event.images)
          for (const picture of picturesOf(pixels, event.iteration)) stream.append(picture)
          if (!captions && event.prompts) stream.describe({ captions: event.prompts.slice(0, mostCaptions) })
          break
        }
        case 'references':
          stream.append(referencesRecord(event))
          break
        case 'judged':
          stream.append(judgedRecord(event))
          break
        case 'change':
          stream.append({ kind: 'change', iteration: event.iteration, name: event.name, value: event.value })
          if (controlled) stream.describe({ controls: controlled.values })
          break
        case 'paused':
          return stream.describe({ status: 'paused' })
        case 'resumed':
          return stream.describe({ status: 'running' })
        default:
          return
      }
      takeIn(record, event)
      live.changed()
    },
    stop: () => finish({ status: 'stopped' }),
    view,
    [display]: () => viewBundle(view()),
  }
}

/** What of an event a record keeps. */
export function takeIn(record: RunRecord, event: DrawnEvent): void {
  if (event.kind === 'step') record.step(event)
  else if (event.kind === 'warning') record.note(event.iteration, event.message)
  else if (event.kind === 'samples') record.samples(event.iteration, encodeTiles(pixelsOf(event.images)), event.prompts)
  else if (event.kind === 'references') record.references(event.prompts, encodeSmall(pixelsOf(event.images)))
  else if (event.kind === 'judged') record.judged(judgedOf(event))
  else if (event.kind === 'change') record.change(event.iteration, event.name, event.value)
}

function judgedOf({ kind: _, real, generated, ...rest }: Extract<DrawnEvent, { kind: 'judged' }>): Judged {
  const { captions, realScores, fakeScores, iteration } = rest
  return {
    iteration,
    captions: [...captions],
    real: encodeSmall(pixelsOf(real)),
    generated: encodeSmall(pixelsOf(generated)),
    realScores: [...realScores],
    fakeScores: [...fakeScores],
  }
}

function pairs(settings: NonNullable<RunOptions['settings']>): { name: string; value: string }[] {
  return Object.entries(settings).flatMap(([name, value]) =>
    value === undefined || value === null ? [] : [{ name, value: String(value) }],
  )
}
