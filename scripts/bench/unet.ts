/**
 * Stable Diffusion 1.5's UNet: forward, pull-back (forward and the gradient of all weights, added to a sum), and the
 * generator's part of an iteration of Algorithm 1: with guidance, from the middle of 20 steps of DDIM, the pull-backs of
 * the start step with L_diff and of K others, AdamW. ∂L/∂x̂₀ is given, so decoder and discriminator are not in it.
 *
 * The network has the public configuration and made-up weights, at 64×64 latents. Without a GPU it is smaller.
 */

import { compare, startSides } from './compare.js'
import type { BenchOptions, Precision, Section } from './rows.js'
import { iterationOf, requestFor, smallDiffusion, stableDiffusion, type UNetPart, unetParts } from './unetRequest.js'

/** Relative to the largest number of a check. What is rounded is rounded anew in every layer and at every step. */
const tolerances: Record<Precision, number> = { float32: 2e-3, tf32: 5e-2, bf16: 0.2 }

export async function* unet(options: BenchOptions): AsyncGenerator<Section> {
  const { only = [...unetParts], K = [1, 3, 5] } = options
  const unknown = only.find(part => !unetParts.some(known => known === part))
  if (unknown) throw new Error(`unet has no part ${unknown}. There are: ${unetParts.join(', ')}.`)
  for (const part of only as UNetPart[]) yield* measurePart(part, part === 'iteration' ? K : [undefined], options)
}

/**
 * Every batch size and precision of a part has two new processes, so that neither finds memory taken by another, and
 * is given as soon as it is measured.
 */
async function* measurePart(part: UNetPart, K: (number | undefined)[], options: BenchOptions): AsyncGenerator<Section> {
  // What is measured where nothing is named depends on the device, which the sides know.
  let combinations: { batch: number; precision: Precision }[] | undefined
  for (let i = 0; i < (combinations?.length ?? 1); i++) {
    const sides = await startSides('unet', options)
    try {
      const { gpuUsed } = sides.machine
      const precisions = options.precision ?? (gpuUsed ? (['tf32', 'bf16'] as const) : (['float32'] as const))
      const batches = options.batch ?? (gpuUsed && part !== 'iteration' ? [1, 4] : [1])
      combinations ??= precisions.flatMap(precision => batches.map(batch => ({ batch, precision })))
      const { batch, precision } = combinations[i]!
      const network = gpuUsed ? stableDiffusion : smallDiffusion
      const rows = []
      for (const k of K) {
        const comparison = {
          bench: 'unet',
          setting: { part, precision, batch, ...(k !== undefined && { K: k }) },
          request: { ...requestFor(part, network, batch, precision, iterationOf(20, 10, k ?? 1)) },
          variants: options.peers,
          tolerance: tolerances[precision],
          figures: { time: 'ms', peak: 'MiB' },
          once: { 'first call': 's' },
        }
        rows.push(...(await compare(sides, comparison, options)))
      }
      const channels = network.config.block_out_channels as number[]
      yield {
        machine: sides.machine,
        heading: `Stable Diffusion 1.5's UNet, ${part}: ${channels.join('-')} channels, ${network.side}×${network.side} latents`,
        rows,
      }
    } finally {
      await sides.close()
    }
  }
}
