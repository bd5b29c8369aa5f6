/** What both sides of the unet bench are told. */

import type { ModelConfig } from '../../src/models/index.js'
import type { Plan } from '../../src/samplers/index.js'
import type { Filling } from './ours/numbers.js'
import type { Precision } from './rows.js'

export const unetParts = ['forward', 'pull-back', 'iteration'] as const
export type UNetPart = (typeof unetParts)[number]

export interface UNetRequest {
  part: UNetPart
  config: ModelConfig
  filling: Filling
  batch: number
  /** Height and width of the latents. */
  side: number
  contextTokens: number
  contextChannels: number
  precision: Precision
  iteration: Iteration
}

/** Algorithm 1 from the start step on: the sampler, the steps with adversarial gradient, their backward weights. */
export interface Iteration {
  plan: Plan
  start: number
  sampled: number[]
  /** w of each step from `start` on. */
  weights: number[]
  guidance: number
  lambda: number
  optimizer: { rate: number; betas: [number, number]; epsilon: number; weightDecay: number; clip: null }
}
