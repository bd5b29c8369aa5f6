/** The live view of a run: one display, updated in place. */

import {
  encodeSmall,
  encodeTiles,
  type Judged,
  type RunOptions,
  type RunView,
  recordRun,
  runView,
  type StepEvent,
  viewBundle,
} from '../views/index.js'
import { type Displayable, display } from './host.js'
import { liveDisplay } from './liveDisplay.js'
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
      readonly realScores: readonly number[]
      readonly fakeScores: readonly number[]
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

/**
 * Starts a live view; it appears with the first event.
 *
 *     const progress = adt.progress({ label: 'ADT' })
 *     for await (const event of adt.tune(model, settings)) progress.show(event)
 */
export function progress(options: RunOptions = {}): Progress {
  const record = recordRun(options)
  let finished = false
  const view = () => runView([record.run()])
  // The picture for other front ends takes longer to draw than all the rest: only the last state has it.
  const live = liveDisplay(last => viewBundle(view(), { picture: last }))
  const finish = (how: 'done' | 'stopped') => {
    if (finished) return
    finished = true
    record.finish(how)
    live.finish()
  }

  return {
    show(event) {
      if (finished) return
      if (event.kind === 'done') return finish('done')
      if (event.kind === 'step') record.step(event)
      else if (event.kind === 'warning') record.note(event.iteration, event.message)
      else if (event.kind === 'samples')
        record.samples(event.iteration, encodeTiles(pixelsOf(event.images)), event.prompts)
      else if (event.kind === 'references') record.references(event.prompts, encodeSmall(pixelsOf(event.images)))
      else if (event.kind === 'judged') record.judged(judgedOf(event))
      else return
      live.changed()
    },
    stop: () => finish('stopped'),
    view,
    [display]: () => viewBundle(view()),
  }
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
