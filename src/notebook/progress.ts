/** The live view of a run: one display, updated in place. */

import { randomUUID } from 'node:crypto'
import {
  encodeTiles,
  type RunOptions,
  type RunView,
  recordRun,
  runView,
  type StepEvent,
  viewBundle,
} from '../views/index.js'
import { type Displayable, display, emit, host } from './host.js'
import { type Pictures, pixelsOf } from './pictures.js'

/** What a run reports, as far as it is drawn: the events of `tune` and `pretrain`. */
export type DrawnEvent =
  | StepEvent
  | {
      readonly kind: 'samples'
      readonly iteration: number
      readonly images: Pictures
      readonly prompts?: readonly string[]
    }
  | { readonly kind: 'compiling' }
  | { readonly kind: 'checkpoint' }
  | { readonly kind: 'evaluation' }
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

/** Milliseconds between updates: Jupyter's server lets 1 MB a second through, and a page need not redraw more often. */
const shortest = 250
const bytesPerMillisecond = 400
/** Without a notebook a line now and then is enough. */
const shortestInTerminal = 5000

/**
 * Starts a live view; it appears with the first event.
 *
 *     const progress = adt.progress({ label: 'ADT' })
 *     for await (const event of adt.tune(model, settings)) progress.show(event)
 */
export function progress(options: RunOptions = {}): Progress {
  const record = recordRun(options)
  const id = randomUUID()
  let shown = false
  let finished = false
  let next = 0
  let timer: NodeJS.Timeout | undefined

  const view = () => runView([record.run()])
  const draw = () => {
    clearTimeout(timer)
    timer = undefined
    // The picture for other front ends takes longer to draw than all the rest: only the last state has it.
    const bundle = viewBundle(view(), { picture: finished })
    emit(bundle, { id, update: shown })
    shown = true
    const pause = host() ? Math.max(shortest, sizeOf(bundle) / bytesPerMillisecond) : shortestInTerminal
    next = performance.now() + pause
  }
  const finish = (how: 'done' | 'stopped') => {
    if (finished) return
    finished = true
    record.finish(how)
    draw()
  }

  return {
    show(event) {
      if (finished) return
      if (event.kind === 'done') return finish('done')
      if (event.kind === 'step') record.step(event)
      else if (event.kind === 'warning') record.note(event.iteration, event.message)
      else if (event.kind === 'samples')
        record.samples(event.iteration, encodeTiles(pixelsOf(event.images)), event.prompts)
      else return
      const wait = next - performance.now()
      if (wait <= 0) draw()
      else timer ??= setTimeout(draw, wait).unref()
    },
    stop: () => finish('stopped'),
    view,
    [display]: () => viewBundle(view()),
  }
}

function sizeOf(bundle: Record<string, unknown>): number {
  return JSON.stringify(bundle).length
}
