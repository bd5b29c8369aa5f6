/**
 * Stable Diffusion 1.5's UNet: forward, pull-back (forward and the gradient of all weights, added to a sum), and the
 * generator's part of an iteration of Algorithm 1: with guidance, from the middle of 20 steps of DDIM, the pull-backs of
 * the start step with L_diff and of K others, AdamW. ∂L/∂x̂₀ is given, so decoder and discriminator are not in it.
 *
 * The network has the public configuration and made-up weights, at 64×64 latents. Without a GPU it is smaller.
 */

import { unet2DConditionParameters } from '../../src/models/index.js'
import { backwardWeights, ddim, scaledLinearSchedule } from '../../src/samplers/index.js'
import { compare, startSides } from './compare.js'
import { fillingOf } from './ours/numbers.js'
import type { BenchOptions, Precision, Section } from './rows.js'
import { type Iteration, type UNetPart, type UNetRequest, unetParts } from './unetSettings.js'

const sizes = {
  full: { channels: [320, 640, 1280, 1280], side: 64 },
  small: { channels: [64, 128, 256, 256], side: 32 },
}
const contextTokens = 77
const contextChannels = 768

/** Relative to the largest number of a check. What is rounded is rounded anew in every layer and at every step. */
const tolerances: Record<Precision, number> = { float32: 2e-3, tf32: 5e-2, bf16: 0.2 }

export async function* unet(options: BenchOptions): AsyncGenerator<Section> {
  const { only = [...unetParts], K = [1, 3, 5] } = options
  const unknown = only.find(part => !unetParts.some(known => known === part))
  if (unknown) throw new Error(`unet has no part ${unknown}. There are: ${unetParts.join(', ')}.`)
  for (const part of only as UNetPart[]) yield* measurePart(part, K, options)
}

/** Every batch size and precision of a part, each with two new processes, so that neither finds memory taken by another. */
async function* measurePart(part: UNetPart, K: number[], options: BenchOptions): AsyncGenerator<Section> {
  let machine: Section['machine'] | undefined
  const rows: Section['rows'] = []
  let size = sizes.small
  // Which batches and precisions are measured where none are named depends on the device, which the sides know.
  let combinations: { batch: number; precision: Precision }[] | undefined
  for (let i = 0; i < (combinations?.length ?? 1); i++) {
    const sides = await startSides('unet', options)
    try {
      machine = sides.machine
      const { gpuUsed } = sides.machine
      size = gpuUsed ? sizes.full : sizes.small
      const precisions = options.precision ?? (gpuUsed ? (['tf32', 'bf16'] as const) : (['float32'] as const))
      const batches = options.batch ?? (gpuUsed && part !== 'iteration' ? [1, 4] : [1])
      combinations ??= precisions.flatMap(precision => batches.map(batch => ({ batch, precision })))
      const { batch, precision } = combinations[i]!
      for (const k of part === 'iteration' ? K : [0]) {
        const setting = { part, precision, batch, ...(part === 'iteration' && { K: k }) }
        const request = requestFor(part, size, batch, precision, iterationWith(k))
        const comparison = {
          bench: 'unet',
          setting,
          request: { ...request },
          variants: options.peers,
          tolerance: tolerances[precision],
          figures: { time: 'ms', peak: 'MiB' },
          once: { 'first call': 's' },
        }
        rows.push(...(await compare(sides, comparison, options)))
      }
    } finally {
      await sides.close()
    }
  }
  const [channels, side] = [size.channels.join('-'), size.side]
  yield {
    machine: machine!,
    heading: `Stable Diffusion 1.5's UNet, ${part}: ${channels} channels, ${side}×${side} latents`,
    rows,
  }
}

function requestFor(
  part: UNetPart,
  { channels, side }: typeof sizes.full,
  batch: number,
  precision: Precision,
  iteration: Iteration,
): UNetRequest {
  const config = {
    _class_name: 'UNet2DConditionModel',
    sample_size: side,
    in_channels: 4,
    out_channels: 4,
    block_out_channels: channels,
    layers_per_block: 2,
    cross_attention_dim: contextChannels,
    attention_head_dim: 8,
    norm_num_groups: 32,
  }
  const filling = fillingOf(unet2DConditionParameters(config))
  return { part, config, filling, batch, side, contextTokens, contextChannels, precision, iteration }
}

/** The K steps are spread evenly over those after the start. */
function iterationWith(K: number): Iteration {
  const plan = ddim(scaledLinearSchedule(), 20)
  const start = 10
  const left = plan.steps.length - start - 1
  const sampled = Array.from({ length: K }, (_, i) => start + 1 + Math.floor((i * left) / K))
  const optimizer = {
    rate: 5e-6,
    betas: [0.9, 0.999] as [number, number],
    epsilon: 1e-8,
    weightDecay: 0.01,
    clip: null,
  }
  return { plan, start, sampled, weights: backwardWeights(plan, 'adt', start), guidance: 7, lambda: 0.5, optimizer }
}
