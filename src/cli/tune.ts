import { rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Command, Option } from 'commander'
import type { Ending, TuneSettings } from '../tuning/index.js'
import { presets } from '../tuning/settings.js'
import { inOptionNames, toldToResume } from './errors.js'
import { tryFolder } from './places.js'
import { type SamplerOptions, withSamplerOptions } from './samplerOptions.js'
import { number, several } from './values.js'

/** Options that are settings of `tune` under the same name; `parseSettings` checks them; their defaults are its presets'. */
const settings = {
  method: 'adt, or ft for plain finetuning',
  path: 'backward path: adt (Eq. 11) or drtune (Eq. 4)',
  K: 'sampler steps that carry adversarial gradient',
  lambda: 'weight of L_diff',
  H: 'update the generator every H-th iteration',
  guidance: 'guidance scale while sampling',
  adversarialWeight: 'weight of L_adv',
  lora: 'rank of low-rank changes to attention, tuned instead of all parameters',
  precision: 'what matrix products and convolutions read: float32 or bfloat16',
  batch: 'images an iteration',
  iterations: 'how long to tune',
  learningRate: 'of both networks',
  warmup: 'iterations of linear warm-up',
  average: 'decay of the average of the weights, which is what is saved',
  seed: 'of everything that is random',
  samplesEvery: 'iterations between two sample grids; 0: none',
  checkpointEvery: 'iterations between two checkpoints',
} as const

type SettingName = keyof typeof settings
const words: readonly SettingName[] = ['method', 'path', 'precision']

interface Options extends SamplerOptions, Partial<Record<SettingName, string | number>> {
  model: string
  variant?: string
  data: string
  reference?: string
  features: string
  preset?: 'emoji' | 'sd15' | 'sdxl' | 'sd3'
  prompt?: string[]
  cache?: string
  run: string
  resume?: string
}

export function tuneCommand(): Command {
  const command = new Command('tune')
    .summary('tune a model with ADT, or with plain finetuning')
    .description(
      'Tunes a model towards images with captions and keeps everything in a run folder: config.json, metrics.jsonl, checkpoints, ' +
        'samples/*.png, and the tuned model. Ctrl-C leaves a run that --resume goes on with. JupyterLab’s “ADT: Open run…” ' +
        'shows the folder, and pauses, stops and changes the run.',
    )
    .option('--model <name or folder>', 'where to start', 'emoji')
    .option('--variant <name>', 'of the model’s files, such as fp16')
    .option(
      '--data <styles or folder>',
      'emoji styles (noto, twemoji, fluent-flat, fluent; joined by +), an image folder, or tar or Parquet files',
      'fluent',
    )
    .option('--reference <styles or folder>', 'where the Siamese references come from (default: the data)')
    .option('--features <name or folder>', 'the discriminator’s Dinov2 model', 'emoji-dinov2')
    .addOption(
      new Option('--preset <name>', 'defaults for everything below (default: emoji)').choices([
        'emoji',
        'sd15',
        'sdxl',
        'sd3',
      ]),
    )
  withSamplerOptions(command)
  for (const [name, what] of Object.entries(settings) as [SettingName, string][]) {
    const flag = `--${name.replace(/(?<=[a-z])[A-Z]/g, letter => `-${letter.toLowerCase()}`)}`
    const option = new Option(
      `${flag} <${words.includes(name) ? 'name' : 'number'}>`,
      `${what} (default: ${defaults(name)})`,
    )
    command.addOption(words.includes(name) ? option : option.argParser(number))
  }
  return command
    .option('--prompt <text>', 'a caption to draw in the sample grids (may be repeated)', several)
    .option('--cache <folder>', 'where texts’ embeddings and images’ latents are kept, for this run and others')
    .option('--run <folder>', 'the run’s folder', 'runs/tune')
    .option('--resume <folder>', 'go on with this run, with the options it was started with')
    .addHelpText(
      'after',
      `
Examples:
  $ adt tune --data fluent --K 3 --lambda 0.5 --iterations 100 --run runs/first
  $ adt tune --method ft --run runs/plain
  $ adt tune --data my-images --sampler dpm-solver --steps 10 --prompt "red apple" --samples-every 20
  $ adt tune --resume runs/first`,
    )
    .action((given: Options, command: Command) => {
      if (given.resume !== undefined) refuseOthers(command)
      return run(given)
    })
}

/** What --features wants. */
const dinov2Folder = '--features is a folder of a Dinov2 model that transformers saved'

/** @throws Error naming options that a run cannot take on when it goes on */
function refuseOthers(command: Command): void {
  const others = command.options.filter(
    option => option.long !== '--resume' && command.getOptionValueSource(option.attributeName()) === 'cli',
  )
  if (others.length === 0) return
  const names = others.map(({ long }) => long).join(', ')
  throw new Error(
    `--resume: a run goes on with the options it was started with; leave out ${names}, or start another run`,
  )
}

async function run(given: Options): Promise<void> {
  const { openRunFolder, readRunConfig, refuseRun } = await import('./runFolder.js')
  const resume = given.resume !== undefined
  const folder = given.resume ?? given.run
  const options = resume ? (readRunConfig(folder, 'tune').options as Options) : given
  tryFolder(resume ? '--resume' : '--run', folder)
  if (!resume) refuseRun(folder)
  tryFolder('--cache', options.cache)
  const [{ figures, progressLine }, { interruptSignal }, { openSteering }, { planOf }, { openData }, { modelFolder }] =
    await Promise.all([
      import('./progress.js'),
      import('./interrupt.js'),
      import('./steering.js'),
      import('./samplerOptions.js'),
      import('./modelOptions.js'),
      import('../pretraining/embedded.js'),
    ])
  const { imageSize, loadDiffusionModel, loadModelFolder, saveDiffusionModel, saveLora } = await import(
    '../models/index.js'
  )
  const { parseSettings, tune } = await import('../tuning/index.js')

  const model = await loadDiffusionModel(modelFolder(options.model), options)
  const size = imageSize(model)
  const data = await openData(options.data, size, 'train')
  const prompts =
    options.prompt ??
    spread(
      data.items.map(({ text }) => text),
      16,
    )
  const tuneSettings = {
    ...Object.fromEntries(Object.keys(settings).map(name => [name, options[name as SettingName]])),
    data,
    ...(options.reference && { reference: await openData(options.reference, size, 'train', '--reference') }),
    sampler: planOf(model.schedule, options),
    ...(options.method !== 'ft' && { features: await loadModelFolder(modelFolder(options.features, dinov2Folder)) }),
    ...(options.preset && { preset: options.preset }),
    prompts,
    ...(options.cache !== undefined && { cache: options.cache }),
    folder: join(folder, 'checkpoints'),
    resume,
  } as TuneSettings
  let parsed: ReturnType<typeof parseSettings>
  try {
    parsed = parseSettings(tuneSettings)
  } catch (error) {
    throw new Error(inOptionNames((error as Error).message, Object.keys(settings)))
  }
  // A data set reads all of its images at the first use.
  await data.images([0])
  await parsed.reference?.images([0])
  // From here on a folder is written; mistakes in the options and in the data leave none behind.
  const kept = openRunFolder(folder, { command: 'tune', options, prompts }, resume)
  const line = progressLine(parsed.iterations)
  const { signal, release } = interruptSignal(line.say)
  const steering = openSteering(folder)
  let ending: Ending = { status: 'stopped' }
  try {
    for await (const event of tune(model, { ...tuneSettings, release: true, signal })) {
      steering.show(event)
      if (event.kind === 'done') {
        const { model: tuned, lora } = event
        await replaceFolder(join(folder, 'model'), unfinished => saveDiffusionModel(tuned, unfinished))
        if (lora) await saveLora(join(folder, 'lora'), tuned.network, lora)
        ending = { status: 'done' }
        continue
      }
      if (event.kind === 'caching') {
        const { what, done, total, bytes } = event
        line.update(0, `${what} encoded: ${done} of ${total}, ${(bytes / 2 ** 20).toFixed(1)} MiB in ${options.cache}`)
        continue
      }
      if (event.kind === 'compiling') {
        line.update(0, 'compiling for the GPU: quick the next time')
        continue
      }
      await kept.write(event)
      if (event.kind === 'step') {
        const { losses, scores, seconds } = event
        line.update(event.iteration, `${figures({ ...losses, ...scores })}  ${seconds.toFixed(2)} s`)
      } else if (event.kind === 'warning') line.say(`iteration ${event.iteration}: ${event.message}`)
      else if (event.kind === 'change') line.say(`iteration ${event.iteration}: ${event.name} is now ${event.value}`)
      else if (event.kind === 'paused' || event.kind === 'resumed')
        line.say(`${event.kind} after iteration ${event.iteration}`)
    }
  } catch (error) {
    ending = { status: 'failed', message: (error as Error).message.slice(0, 2000) }
    throw toldToResume(error, 'tune', folder)
  } finally {
    steering.close(ending)
    line.stop()
    release()
    kept.close()
  }
  if (signal.aborted) process.exitCode = 130
  console.log(
    ending.status === 'done'
      ? `tuned model: ${join(folder, 'model')}`
      : `stopped; go on with: adt tune --resume ${folder}`,
  )
}

/** `600; sd15, sdxl, sd3: 20000`: the default of the preset that is one, then those that differ from it. */
function defaults(name: SettingName): string {
  const values = Object.entries(presets).map(([preset, settings]) => [preset, oneOrTwo(settings[name])] as const)
  const usual = values[0]![1]
  const others = [...new Set(values.map(([, value]) => value))].filter(value => value !== usual)
  const named = others.map(
    other => `${values.flatMap(([preset, value]) => (value === other ? [preset] : [])).join(', ')}: ${other}`,
  )
  return [usual, ...named].join('; ')
}

const oneOrTwo = (value: string | number | null | { generator: number; discriminator: number }): string => {
  if (value === null) return 'none'
  if (typeof value !== 'object') return `${value}`
  const { generator, discriminator } = value
  return generator === discriminator ? `${generator}` : `${generator}, discriminator ${discriminator}`
}

/** Fills a folder under another name first, so that the one of this name is whole or not there. */
async function replaceFolder(folder: string, fill: (unfinished: string) => Promise<void>): Promise<void> {
  const unfinished = `${folder}.unfinished`
  await rm(unfinished, { recursive: true, force: true })
  try {
    await fill(unfinished)
    await rm(folder, { recursive: true, force: true })
    await rename(unfinished, folder)
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true })
    throw error
  }
}

/** `count` entries from the whole length of a list. */
function spread(list: readonly string[], count: number): string[] {
  const length = Math.min(count, list.length)
  return Array.from({ length }, (_, i) => list[Math.floor((i * list.length) / length)]!)
}
