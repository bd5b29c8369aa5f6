import { basename, join } from 'node:path'
import { Command, Option } from 'commander'
import type { Recipe } from '../pretraining/index.js'
import { toldToResume, UsageError } from './errors.js'
import { tryFolder } from './places.js'
import { positive, wholeNumber } from './values.js'

interface Options {
  out?: string
  run?: string
  resume?: string
  steps?: number
  batch?: number
  precision?: 'float32' | 'bfloat16'
  minutes?: number
  reportEvery: number
  checkpointEvery: number
}

export function pretrainCommand(): Command {
  return new Command('pretrain')
    .summary('train one of the embedded models from scratch')
    .description('Trains one of the embedded models from scratch and writes it as an ordinary model folder.')
    .argument('[recipe]', 'emoji, emoji-dinov2, emoji-clip, or a recipe of your own as a JSON file')
    .option('--out <folder>', 'where the finished model goes (default: the run folder’s "model")')
    .option('--run <folder>', 'run folder: checkpoint, metrics, samples (default: runs/pretrain-RECIPE)')
    .option('--resume <folder>', 'go on with this run, by the recipe it was started with')
    .option('--steps <number>', 'steps of all stages together; each stage keeps its share', wholeNumber(1))
    .option('--batch <number>', 'images a step', wholeNumber(1))
    .addOption(
      new Option(
        '--precision <name>',
        'what matrix products and convolutions read (default: as the recipe says)',
      ).choices(['float32', 'bfloat16']),
    )
    .option('--minutes <number>', 'stop with a checkpoint after so long', positive)
    .option('--report-every <number>', 'steps between two lines of metrics', wholeNumber(1), 50)
    .option('--checkpoint-every <number>', 'steps between two checkpoints', wholeNumber(1), 1000)
    .addHelpText(
      'after',
      `
Examples:
  $ adt pretrain emoji --out models/emoji
  $ adt pretrain emoji-clip --minutes 9
  $ adt pretrain --resume runs/pretrain-emoji-clip
  $ adt pretrain my-recipe.json --steps 200 --batch 16`,
    )
    .action(run)
}

async function run(name: string | undefined, options: Options): Promise<void> {
  const resume = options.resume !== undefined
  const { recipe, out, folder } = resume ? await resumed(options.resume!) : await begun(name, options)
  tryFolder(resume ? '--resume' : '--run', folder)
  tryFolder('--out', out)
  const [{ pretrain, totalSteps }, { openRunFolder }, { figures, progressLine }, { interruptSignal }] =
    await Promise.all([
      import('../pretraining/index.js'),
      import('./runFolder.js'),
      import('./progress.js'),
      import('./interrupt.js'),
    ])
  const kept = openRunFolder(folder, { command: 'pretrain', recipe, out }, resume)
  const line = progressLine(totalSteps(recipe))
  const { signal, release } = interruptSignal(line.say)
  const { minutes, reportEvery, checkpointEvery } = options
  let finished = false
  try {
    const events = pretrain({
      recipe,
      folder: out,
      run: folder,
      resume,
      signal,
      reportEvery,
      checkpointEvery,
      ...(minutes === undefined ? {} : { minutes }),
    })
    for await (const event of events) {
      await kept.write(event)
      if (event.kind === 'step') {
        line.update(event.iteration, `${figures(event.losses)}  ${(event.seconds * 1000).toFixed(1)} ms/step`)
      } else if (event.kind === 'evaluation') line.say(`step ${event.iteration}: ${figures(event.figures)}`)
      else if (event.kind === 'done') finished = true
    }
  } catch (error) {
    throw toldToResume(error, 'pretrain', folder)
  } finally {
    line.stop()
    release()
    kept.close()
  }
  if (signal.aborted) process.exitCode = 130
  console.log(finished ? `model: ${out}` : `stopped; go on with: adt pretrain --resume ${folder}`)
}

interface Run {
  recipe: Recipe
  out: string
  folder: string
}

async function begun(name: string | undefined, { batch, precision, steps, run, out }: Options): Promise<Run> {
  const { readRecipe, withSteps } = await import('../pretraining/recipe.js')
  if (name === undefined) throw new UsageError('a recipe is missing: emoji, emoji-dinov2, emoji-clip, or a JSON file')
  const given = readRecipe(name)
  const sized = { ...given, ...(batch !== undefined && { batch }), ...(precision && { precision }) }
  const folder = run ?? join('runs', `pretrain-${basename(name, '.json')}`)
  return { recipe: steps === undefined ? sized : withSteps(sized, steps), out: out ?? join(folder, 'model'), folder }
}

async function resumed(folder: string): Promise<Run> {
  const { parseRecipe } = await import('../pretraining/recipe.js')
  const { readRunConfig } = await import('./runFolder.js')
  const { recipe, out } = readRunConfig(folder, 'pretrain')
  return { recipe: parseRecipe(recipe, join(folder, 'config.json')), out: String(out), folder }
}
