/**
 * The models that ship: sampling, and an iteration of Algorithm 1 at the quick start's settings.
 *
 * The peer is diffusers' UNet and transformers' text encoder and DINOv2 with the same files, and the same algorithm in
 * the form that suits PyTorch best: a rollout without gradient, then one forward and backward pass for each kept step.
 */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { compare, startSides } from './compare.js'
import type { EmbeddedSettings } from './embeddedSettings.js'
import type { BenchOptions, Section } from './rows.js'

const parts = {
  sampling: {
    heading: 'The emoji model: images by 20 steps of DDIM with guidance',
    settings: { batch: 8, steps: 20, guidance: 2, K: 3 },
    figures: { ms: 'ms' },
  },
  iteration: {
    heading: 'The emoji model: an iteration of Algorithm 1 that starts in the middle of 20 steps of DDIM',
    settings: { batch: 16, steps: 20, guidance: 2, K: 3 },
    figures: { 'generator updated': 'ms', 'discriminator alone': 'ms', 'mean at H = 2': 'ms' },
  },
} satisfies Record<string, { heading: string; settings: EmbeddedSettings; [other: string]: unknown }>

export async function* embedded(options: BenchOptions): AsyncGenerator<Section> {
  const folder = mkdtempSync(join(tmpdir(), 'adt-bench-'))
  const sides = await startSides('embedded', options)
  try {
    for (const part of options.only ?? Object.keys(parts)) {
      if (!(part in parts))
        throw new Error(`embedded has no part ${part}. There are: ${Object.keys(parts).join(', ')}.`)
      const { heading, settings, figures } = parts[part as keyof typeof parts]
      const { batch, steps, K } = settings
      yield {
        machine: sides.machine,
        heading,
        rows: await compare(
          sides,
          {
            bench: 'embedded',
            setting: part === 'sampling' ? { part, batch, steps } : { part, batch, steps, K },
            request: { part, folder, ...settings },
            variants: ['eager'],
            // TensorFloat-32 rounds to ten bits, and twenty steps pass it on.
            tolerance: sides.machine.gpuUsed ? 5e-2 : 5e-4,
            figures,
          },
          options,
        ),
      }
    }
  } finally {
    await sides.close()
    rmSync(folder, { recursive: true })
  }
}
