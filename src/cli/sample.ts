import { Command, Option } from 'commander'
import { tryFile } from './places.js'
import { type SamplerOptions, withSamplerOptions } from './samplerOptions.js'
import { number, several, wholeNumber } from './values.js'

interface Options extends SamplerOptions {
  model: string
  variant?: string
  prompt: string[]
  negative?: string
  guidance: number
  precision: 'float32' | 'bfloat16'
  seed: number
  out: string
  scale: number
}

export function sampleCommand(): Command {
  const command = new Command('sample')
    .summary('draw images of prompts')
    .description('Draws an image for each prompt and writes them as one PNG.')
    .option('--model <name or folder>', 'emoji, or a folder that diffusers or "adt tune" saved', 'emoji')
    .option('--variant <name>', 'of the model’s files, such as fp16')
    .requiredOption('--prompt <text>', 'what to draw (may be repeated)', several)
  return withSamplerOptions(command)
    .option('--guidance <number>', 'guidance scale; 1 is none', number, 2)
    .option('--negative <text>', 'what guidance moves away from')
    .addOption(
      new Option('--precision <name>', 'what matrix products and convolutions read')
        .choices(['float32', 'bfloat16'])
        .default('float32'),
    )
    .option('--seed <number>', 'of the noise', wholeNumber(0), 0)
    .option('--out <file>', 'where the PNG goes', 'samples.png')
    .option('--scale <number>', 'each pixel becomes a square of this many', wholeNumber(1), 1)
    .addHelpText(
      'after',
      `
Examples:
  $ adt sample --prompt "red apple" --prompt "grinning cat" --scale 8
  $ adt sample --model runs/tune/model --prompt "red apple" --sampler dpm-solver --steps 10 --seed 3`,
    )
    .action(run)
}

async function run(options: Options): Promise<void> {
  tryFile('--out', options.out)
  const { modelFolder } = await import('../pretraining/embedded.js')
  const folder = modelFolder(options.model)
  const [{ imageSize, loadDiffusionModel, sample }, { gridSize, writeGrid }, { planOf }, { progressLine }] =
    await Promise.all([
      import('../models/index.js'),
      import('../data/index.js'),
      import('./samplerOptions.js'),
      import('./progress.js'),
    ])
  const model = await loadDiffusionModel(folder, options)
  const sampler = planOf(model.schedule, options)
  const { prompt: prompts, guidance, precision, seed, negative, out, scale } = options
  const size = imageSize(model)
  gridSize([prompts.length, size, size], { scale })
  const line = progressLine(sampler.steps.length)
  try {
    const images = await sample(model, {
      prompts,
      sampler,
      guidance,
      precision,
      seed,
      ...(negative !== undefined && { negativePrompt: negative }),
      onStep: done => line.update(done, ''),
    })
    await writeGrid(out, { data: await images.data<'float32'>(), shape: images.shape }, { scale })
  } finally {
    line.stop()
  }
  console.log(out)
}
