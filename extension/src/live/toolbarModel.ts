/** What the toolbar of a run says and offers, without a page. */

import type { Action, RunValues } from '../../../src/tuning/action.js'
import { number } from '../../../src/views/format.js'
import type { About } from '../../../src/views/stream.js'
import type { Connection } from '../../../src/views/streamModel.js'
import { trans } from '../../../src/views/words.js'

/** The states that a run is shown in, each with a colour. */
export type Shown = 'loading' | 'live' | 'paused' | 'done' | 'stopped' | 'failed' | 'lost'

export interface ToolbarState {
  readonly shown: Shown
  /** One word. */
  readonly word: string
  /** A sentence where the word is not enough. */
  readonly message: string | undefined
  readonly canPause: boolean
  readonly canResume: boolean
  readonly canStop: boolean
  /** Why samples cannot be asked for; undefined where they can, and where nothing can be asked for at all. */
  readonly sampleOff: string | undefined
  /** What can be changed, with its value; empty where nothing can. */
  readonly knobs: readonly Knob[]
}

export interface Knob {
  readonly name: 'lambda' | 'learningRate'
  readonly label: string
  readonly value: number
  /** What to say of it to someone who points at it. */
  readonly hint: string
}

/** What a source tells, as far as the toolbar needs it. */
export interface Told {
  readonly about: About | undefined
  readonly connection: Connection
  readonly problem: string | undefined
  readonly time: Date
}

const words = (): Record<Shown, string> => ({
  loading: trans.__('Loading'),
  live: trans.__('Live'),
  paused: trans.__('Paused'),
  done: trans.__('Done'),
  stopped: trans.__('Stopped'),
  failed: trans.__('Failed'),
  lost: trans.__('No connection'),
})

export function toolbarState(told: Told): ToolbarState {
  const shown = shownOf(told)
  const { about, problem, time } = told
  const controls = about?.controls ?? null
  const going = (shown === 'live' || shown === 'paused') && controls !== null
  const since = time.toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit' })
  const message =
    problem ??
    (shown === 'failed' ? about?.message : undefined) ??
    (shown === 'lost' ? trans.__('No news since %1.', since) : undefined)
  return {
    shown,
    word: words()[shown],
    message,
    canPause: going && shown === 'live',
    canResume: going && shown === 'paused',
    canStop: going,
    sampleOff: going && !about?.captions?.length ? trans.__('This run has no prompts to draw.') : undefined,
    knobs: going ? knobsOf(controls) : [],
  }
}

function shownOf({ about, connection, problem }: Told): Shown {
  if (about && (about.status === 'done' || about.status === 'stopped' || about.status === 'failed')) return about.status
  if (problem !== undefined || connection === 'lost') return 'lost'
  if (!about) return 'loading'
  if (about.status === 'starting') return 'loading'
  return about.status === 'paused' ? 'paused' : 'live'
}

function knobsOf({ lambda, learningRate }: RunValues): Knob[] {
  const { generator, discriminator } = learningRate
  const each = lambda === null || generator === discriminator ? '' : ` (${number(generator)}, ${number(discriminator)})`
  return [
    ...(lambda === null
      ? []
      : [{ name: 'lambda' as const, label: 'λ', value: lambda, hint: trans.__('Weight of the diffusion loss') }]),
    {
      name: 'learningRate',
      label: trans.__('learning rate'),
      value: generator,
      hint: `${trans.__('Of both networks, after warm-up')}${each}`,
    },
  ]
}

/** The request for a value that was typed; undefined where it is none. A comma is taken for a point. */
export function knobAction(name: Knob['name'], typed: string): Action | undefined {
  const text = typed.trim().replace(',', '.')
  const value = Number(text)
  if (text === '' || !Number.isFinite(value)) return undefined
  if (name === 'lambda') return value >= 0 && value <= 1e6 ? { do: 'lambda', value } : undefined
  return value > 0 && value <= 1 ? { do: 'learningRate', value } : undefined
}

/** A value as it stands in its field: short, and the same when it is read back. */
export function knobText(value: number): string {
  const short = Number(value.toPrecision(6))
  return short !== 0 && short < 1e-3 ? short.toExponential() : String(short)
}
