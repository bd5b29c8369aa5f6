/**
 * Stable Diffusion 1.5's ResNet and attention blocks, forward and backward: the first level of its UNet on the way down
 * without the downsampling (two times ResnetBlock2D and Transformer2DModel), gradients by weights, input and time.
 */

import { together } from '../../src/models/parameters.js'
import { resnetParameters } from '../../src/models/resnet.js'
import { transformerParameters } from '../../src/models/unetBlocks.js'
import { type BlocksSize, contextChannels, embedChannels, heads } from './blocksSize.js'
import { compare, startSides } from './compare.js'
import { fillingOf } from './ours/numbers.js'
import type { BenchOptions, Section } from './rows.js'

/** Each with its part's name: the level's own 320 channels at sizes two cores can do, its full size, and small blocks. */
const sizes: Record<string, BlocksSize> = {
  small: { batch: 8, side: 16, channels: 128 },
  half: { batch: 2, side: 32, channels: 320 },
  full: { batch: 1, side: 64, channels: 320 },
  large: { batch: 4, side: 64, channels: 320 },
}

export async function* blocks(options: BenchOptions): AsyncGenerator<Section> {
  const sides = await startSides('blocks', options)
  try {
    const parts = options.only ?? (sides.machine.gpuUsed ? Object.keys(sizes) : ['small', 'half'])
    for (const part of parts) {
      const size = sizes[part]
      if (!size) throw new Error(`blocks has no part ${part}. There are: ${Object.keys(sizes).join(', ')}.`)
      const { batch, side, channels } = size
      yield {
        machine: sides.machine,
        heading: `Two ResNet and attention blocks, forward and backward, ${batch}×${side}×${side}×${channels}`,
        rows: await compare(
          sides,
          {
            bench: 'blocks',
            setting: { part, size: `${batch}×${side}×${side}×${channels}` },
            request: { size, heads, filling: fillingOf(parametersOf(channels)) },
            variants: options.peers,
            tolerance: sides.machine.gpuUsed ? 2e-2 : 1e-4,
            figures: { ms: 'ms' },
          },
          options,
        ),
      }
    }
  } finally {
    await sides.close()
  }
}

/** Of the two blocks. */
export function parametersOf(channels: number) {
  const attention = { heads, layers: 1, contextChannels }
  return together(
    ...[0, 1].flatMap(i => [
      resnetParameters(`resnets.${i}`, channels, channels, embedChannels),
      transformerParameters(`attentions.${i}`, channels, attention, false),
    ]),
  )
}
