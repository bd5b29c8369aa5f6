/** What tuning reports while it runs. */

import type { ImageBatch } from '../data/index.js'
import type { Measured } from './trainer.js'

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
}

/** Images of the settings' prompts, drawn with the averaged weights from the same noise every time. */
export interface SamplesEvent {
  kind: 'samples'
  iteration: number
  prompts: string[]
  images: ImageBatch
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

export type ProgressEvent = CompilingEvent | StepEvent | SamplesEvent | CheckpointEvent | WarningEvent

/** A step event from what an iteration measured. */
export function stepEvent(
  numbers: Record<string, number[]>,
  steps: Measured['steps'],
  about: Pick<StepEvent, 'iteration' | 'total' | 'learningRate' | 'seconds'>,
): StepEvent {
  const one = (name: string) => numbers[name]?.[0] ?? null
  const { real = [], fake = [], steps: norms = [] } = numbers
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
