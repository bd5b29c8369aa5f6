/** What both sides of the unet and memory benches are told: network, batch, precision, and the iteration to do. */

import { type ModelConfig, unet2DConditionParameters } from '../../src/models/index.js'
import { backwardWeights, ddim, type Plan, scaledLinearSchedule } from '../../src/samplers/index.js'
import { type Filling, fillingOf } from './ours/numbers.js'
import type { Precision } from './rows.js'

export const unetParts = ['forward', 'pull-back', 'iteration'] as const
export type UNetPart = (typeof unetParts)[number]

/** A UNet's configuration and what it is given. */
export interface UNetNetwork {
  config: ModelConfig
  /** Height and width of the latents. */
  side: number
  contextTokens: number
}

export interface UNetRequest extends UNetNetwork {
  part: UNetPart
  filling: Filling
  batch: number
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

/** Stable Diffusion 1.x's public configuration, at these channels. */
const published = (channels: number[], side: number): UNetNetwork => ({
  config: {
    _class_name: 'UNet2DConditionModel',
    sample_size: side,
    in_channels: 4,
    out_channels: 4,
    block_out_channels: channels,
    layers_per_block: 2,
    cross_attention_dim: 768,
    attention_head_dim: 8,
    norm_num_groups: 32,
  },
  side,
  contextTokens: 77,
})

export const stableDiffusion = published([320, 640, 1280, 1280], 64)
/** The same with a fifth of the channels and a quarter of the pixels. */
export const smallDiffusion = published([64, 128, 256, 256], 32)

export function requestFor(
  part: UNetPart,
  network: UNetNetwork,
  batch: number,
  precision: Precision,
  iteration: Iteration,
): UNetRequest {
  return {
    ...network,
    part,
    filling: fillingOf(unet2DConditionParameters(network.config)),
    batch,
    precision,
    iteration,
  }
}

/** An iteration on DDIM; the K steps are spread evenly over those after the start. */
export function iterationOf(steps: number, start: number, K: number): Iteration {
  const plan = ddim(scaledLinearSchedule(), steps)
  const left = steps - start - 1
  return {
    plan,
    start,
    sampled: Array.from({ length: Math.min(K, left) }, (_, i) => start + 1 + Math.floor((i * left) / K)),
    weights: backwardWeights(plan, 'adt', start),
    guidance: 7,
    lambda: 0.5,
    optimizer: { rate: 5e-6, betas: [0.9, 0.999], epsilon: 1e-8, weightDecay: 0.01, clip: null },
  }
}
