/**
 * Memory against K and the sampler's steps: what an update of the generator takes on top of what lies there before it
 * (weights, average, optimizer). Ours is one network call's, whatever K and however many steps; PyTorch's grows with
 * what is differentiated at once, or is bought with checkpointing's second forward pass.
 *
 * Without a GPU the network is the emoji model's, and PyTorch's memory is the process's; on one it is Stable Diffusion
 * 1.5's UNet, and both allocators' own counts.
 */

import { readFileSync } from 'node:fs'
import { modelFolder } from '../../src/pretraining/index.js'
import { compare, startSides } from './compare.js'
import type { BenchOptions, Section, Variant } from './rows.js'
import { iterationOf, requestFor, stableDiffusion } from './unetRequest.js'

/** In K at fixed steps, then in steps at fixed K. */
const settings = [
  { K: 1, steps: 20 },
  { K: 3, steps: 20 },
  { K: 10, steps: 20 },
  { K: 3, steps: 5 },
  { K: 3, steps: 10 },
  { K: 3, steps: 200 },
]

const kept: Variant[] = ['step-by-step', 'kept', 'kept-checkpointed']
const through: Variant[] = ['through', 'through-checkpointed']

export async function* memory(options: BenchOptions): AsyncGenerator<Section> {
  const sides = await startSides('unet', options)
  try {
    const { gpuUsed } = sides.machine
    const network = gpuUsed ? stableDiffusion : emojiNetwork()
    const [batch, precision] = gpuUsed ? ([1, 'tf32'] as const) : ([2, 'float32'] as const)
    const rows = []
    for (const setting of settings) {
      const comparison = {
        bench: 'memory',
        setting,
        request: { ...requestFor('iteration', network, batch, precision, iterationOf(setting.steps, 0, setting.K)) },
        // A gradient through the network's inputs, too, does not depend on K; through 200 steps it would fill memory.
        variants: setting.K === 3 && setting.steps <= 20 ? [...kept, ...through] : kept,
        tolerance: gpuUsed ? 0.1 : 5e-3,
        figures: { update: 'MiB', time: 'ms' },
      }
      rows.push(...(await compare(sides, comparison, { ...options, rounds: Math.min(options.rounds, enough) })))
    }
    const which = gpuUsed ? "Stable Diffusion 1.5's UNet" : "the emoji model's UNet"
    yield {
      machine: sides.machine,
      heading: `An update of ${which}, batch ${batch}, from noise: memory on top of what it starts with`,
      rows,
    }
  } finally {
    await sides.close()
  }
}

/** Memory hardly varies. */
const enough = 2

function emojiNetwork() {
  const config = JSON.parse(readFileSync(`${modelFolder('emoji')}/unet/config.json`, 'utf8'))
  return { config, side: config.sample_size as number, contextTokens: 16 }
}
