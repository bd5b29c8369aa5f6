/** What tuning reports while it runs. */

import type { ImageBatch } from '../data/index.js'
import type { Change } from './action.js'
import type { Control } from './control.js'
import type { Measured } from './trainer.js'

/** The first event: what is about to run, and the control by which it is paused, stopped and changed. */
export interface StartEvent {
  kind: 'start'
  /** The iteration it begins with, or goes on with. */
  iteration: number
  total: number
  /** What was set, by the settings' names. */
  settings: Record<string, string | number>
  /** What its sample grids draw; none: it has nothing to draw. */
  prompts: readonly string[]
  control: Control
}

/** A setting that was changed through the control: this is the first iteration with the new value. */
export interface ChangeEvent extends Change {
  kind: 'change'
  iteration: number
}

/** The control asked the run to wait, or to go on. */
export interface PauseEvent {
  kind: 'paused' | 'resumed'
  /** The last iteration before it. */
  iteration: number
}

/** One iteration. What a method or an iteration does not have is null or empty. */
export interface StepEvent {
  kind: 'step'
  /** Counted from 1. */
  iteration: number
  total: number
  /** L_adv is without its weight, L_diff without λ. The generator's are there when it was updated. */
  losses: { discriminator: number | null; adversarial: number | null; diffusion: number | null }
  /** Means over the batch and the heads. */
  scores: { real: number; fake: number } | null
  /** Mean over the heads, one per image. */
  realScores: number[]
  fakeScores: number[]
  /** Means over the batch, one for each block of the feature network that has a head. */
  layerScores: { block: number; real: number; fake: number }[]
  gradientNorms: {
    /** Of the weighted L_adv and of λ·L_diff apart, in the iterations in which they are measured. */
    adversarial: number | null
    diffusion: number | null
    /** Of the whole gradient, before clipping. */
    total: number | null
    /** Of each step's share of the adversarial gradient, w being its backward-path weight. */
    perStep: { step: number; t: number; w: number; norm: number }[]
  }
  learningRate: { generator: number; discriminator: number }
  seconds: number
  /** Bytes: what TensorFlow's allocator has handed out and the most it had so far, null where it cannot be asked; the whole process. */
  memory: { used: number | null; peak: number | null; process: number }
}

/** Images of the settings' prompts, drawn with the averaged weights from the same noise every time. */
export interface SamplesEvent {
  kind: 'samples'
  iteration: number
  prompts: string[]
  images: ImageBatch
}

/** Images that belong to the prompts in the data (of another style, where there is a reference): what samples should near. */
export interface ReferencesEvent {
  kind: 'references'
  iteration: number
  prompts: string[]
  images: ImageBatch
}

/** What the discriminator saw in an iteration whose samples are drawn too, with the scores of that iteration's step event. */
export interface JudgedEvent {
  kind: 'judged'
  iteration: number
  captions: string[]
  real: ImageBatch
  generated: ImageBatch
  realScores: number[]
  fakeScores: number[]
}

/** A checkpoint that has been written whole. */
export interface CheckpointEvent {
  kind: 'checkpoint'
  iteration: number
  folder: string
}

/** Something that does not stop the run but should be looked at. */
export interface WarningEvent {
  kind: 'warning'
  iteration: number
  message: string
}

/** The calls of an iteration are being compiled, before the first one: with XLA, minutes for a large network. */
export interface CompilingEvent {
  kind: 'compiling'
}

/** Texts and images are being encoded, before a run that keeps their encodings on disk. */
export interface CachingEvent {
  kind: 'caching'
  what: 'texts' | 'latents'
  done: number
  total: number
  /** what those that are done take on disk */
  bytes: number
  folder: string
}

export type ProgressEvent =
  | StartEvent
  | CachingEvent
  | CompilingEvent
  | StepEvent
  | SamplesEvent
  | ReferencesEvent
  | JudgedEvent
  | CheckpointEvent
  | WarningEvent
  | ChangeEvent
  | PauseEvent

/** A step event from what an iteration measured. */
export function stepEvent(
  numbers: Record<string, number[]>,
  { steps, blocks }: Pick<Measured, 'steps' | 'blocks'>,
  about: Pick<StepEvent, 'iteration' | 'total' | 'learningRate' | 'seconds' | 'memory'>,
): StepEvent {
  const one = (name: string) => numbers[name]?.[0] ?? null
  const { real = [], fake = [], realLayers = [], fakeLayers = [], steps: norms = [] } = numbers
  return {
    kind: 'step',
    ...about,
    losses: {
      discriminator: one('discriminator'),
      adversarial: one('adversarial'),
      diffusion: one('diffusion'),
    },
    scores: real.length > 0 ? { real: mean(real), fake: mean(fake) } : null,
    realScores: real,
    fakeScores: fake,
    layerScores: realLayers.map((score, i) => ({ block: blocks[i]!, real: score, fake: fakeLayers[i]! })),
    gradientNorms: {
      adversarial: one('adversarialNorm'),
      diffusion: one('diffusionNorm'),
      total: one('gradient'),
      perStep: norms.map((norm, i) => ({ step: steps[i]!.index, t: steps[i]!.t, w: steps[i]!.w, norm })),
    },
  }
}

function mean(values: number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
