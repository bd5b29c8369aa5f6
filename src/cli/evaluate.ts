import { existsSync } from 'node:fs'
import { Command } from 'commander'
import type { Dataset } from '../data/index.js'
import type { Evaluation, Judges, RealImages } from '../metrics/index.js'
import { tryFile } from './places.js'
import { type SamplerOptions, withSamplerOptions } from './samplerOptions.js'
import { number, wholeNumber } from './values.js'

interface Options extends SamplerOptions {
  model: string
  variant?: string
  data: string
  split: 'train' | 'test'
  clip: string
  inception?: string
  preference?: string
  aesthetic?: string
  guidance: number
  seeds: number
  captions?: number
  fidStatistics?: string
  batch: number
  images?: string
  json?: boolean
}

export function evaluateCommand(): Command {
  const command = new Command('evaluate')
    .summary('measure a model against real images of the same captions')
    .description(
      'Draws every caption of a data set once for each seed and compares with the real images: Fréchet distance (in the ' +
        'metric CLIP’s features, so not FID), text–image score, and how near an image is to the real one of its caption. ' +
        'With published networks at hand also FID, a preference score (HPSv2) and LAION’s aesthetic score.',
    )
    .option('--model <name or folder>', 'emoji, or a folder that diffusers or "adt tune" saved', 'emoji')
    .option('--variant <name>', 'of the model’s files, such as fp16')
    .option('--data <styles or folder>', 'emoji styles joined by +, an image folder, or tar or Parquet files', 'fluent')
    .option('--split <name>', 'for emoji: train, or test for the names that were held out', 'test')
    .option('--clip <name or folder>', 'the CLIP that measures', 'emoji-clip')
    .option('--inception <folder>', 'FID’s Inception (FIDInceptionV3, pytorch-fid’s names), for FID')
    .option('--preference <folder>', 'HPSv2’s v2.0 or v2.1 as a CLIPModel, for the preference score')
    .option('--aesthetic <file>', 'LAION’s predictor as safetensors, for --clip’s ViT-L/14')
  return withSamplerOptions(command)
    .option('--guidance <number>', 'guidance scale; 1 is none', number, 2)
    .option('--seeds <number>', 'how many times each caption is drawn', wholeNumber(1), 3)
    .option('--batch <number>', 'images drawn together', wholeNumber(1), 32)
    .option('--images <file>', 'also write the first seed’s images beside the real ones, as a PNG')
    .option('--captions <number>', 'how many of the captions are drawn, the first ones (default: all)', wholeNumber(2))
    .option('--fid-statistics <file>', 'where FID’s statistics of the real images are kept, and read the next time')
    .option('--json', 'print the figures as JSON')
    .addHelpText(
      'after',
      `
Examples:
  $ adt evaluate --model runs/tune/model --data fluent --steps 10
  $ adt evaluate --data noto --split train --seeds 1 --json`,
    )
    .action(run)
}

async function run(options: Options): Promise<void> {
  tryFile('--images', options.images)
  tryFile('--fid-statistics', options.fidStatistics)
  const [{ modelFolder }, { openData }, { planOf }, { progressLine }] = await Promise.all([
    import('../pretraining/embedded.js'),
    import('./modelOptions.js'),
    import('./samplerOptions.js'),
    import('./progress.js'),
  ])
  const [folder, clipFolder] = [modelFolder(options.model), modelFolder(options.clip)]
  const { imageSize, loadDiffusionModel } = await import('../models/index.js')
  const { drawBatches } = await import('../experiments/drawing.js')
  const { concatenate, createEvaluation, loadMetricClip } = await import('../metrics/index.js')
  const judges = await loadJudges(options)
  const model = await loadDiffusionModel(folder, options)
  const clip = await loadMetricClip(clipFolder)
  const size = imageSize(model)
  const data = await openData(options.data, size, options.split)
  const texts = data.items.slice(0, options.captions).map(({ text }) => text)
  const real = await realImages(data, texts.length, { clip, ...judges }, options)

  const line = progressLine(options.seeds * texts.length)
  const results: Figures[] = []
  try {
    for (let seed = 0; seed < options.seeds; seed++) {
      const evaluation = createEvaluation({ clip, ...judges }, real)
      const batches = drawBatches(model, texts, {
        sampler: planOf(model.schedule, options),
        guidance: options.guidance,
        seed,
        batch: options.batch,
        report: done => line.update(seed * texts.length + done, `seed ${seed}`),
      })
      const shown: Float32Array[] = []
      for await (const { start, count, images } of batches) {
        if (seed === 0 && start < shownPairs) shown.push(images)
        const drawn = { data: images, shape: [count, size, size, 3] }
        await evaluation.add(drawn, texts.slice(start, start + count))
      }
      if (seed === 0 && options.images) {
        const shape = [Math.min(shownPairs, texts.length), size, size, 3]
        await writePairs(options.images, concatenate(shown), await data.images([...Array(shape[0]).keys()]), shape)
      }
      const { count, textCosines, referenceCosines, ...figures } = await evaluation.result()
      results.push({ ...figures, nearness: mean(referenceCosines!) })
    }
  } finally {
    line.stop()
  }
  const missing = Object.entries(others).flatMap(([option, name]) => (options[option as Judge] ? [] : [name]))
  if (options.json) {
    console.log(
      JSON.stringify(
        { images: texts.length, clip: options.clip, preference: options.preference, missing, seeds: results },
        null,
        2,
      ),
    )
    return
  }
  console.log(table(results))
  if (missing.length > 0) console.log(`\nnot measured for want of a network: ${missing.join(', ')}`)
}

/** Real images, read batch by batch; FID's statistics are of the whole data set, and kept where a file is named for them. */
async function realImages(data: Dataset, count: number, judges: Judges, options: Options): Promise<RealImages> {
  const { loadStatistics, measureReal, saveStatistics } = await import('../metrics/index.js')
  const { fidStatistics: file, batch } = options
  async function* batches(from: number, to: number) {
    for (let start = from; start < to; start += batch) {
      const indices = Array.from({ length: Math.min(batch, to - start) }, (_, i) => start + i)
      yield { data: await data.images(indices), shape: [indices.length, data.size, data.size, 3] }
    }
  }
  const total = data.items.length
  if (!judges.inception) return measureReal(judges, batches(0, count))
  const kept = file && existsSync(file) ? await loadStatistics(file, data.hash) : undefined
  const all = await measureReal(judges, batches(0, kept ? count : total), { inception: kept, pairs: count })
  if (file && !kept) await saveStatistics(file, all.inception!, data.hash)
  return all
}

type Figures = Pick<Evaluation, 'frechet' | 'textScore' | 'fid' | 'fidName' | 'preference' | 'aesthetic'> & {
  /** Mean cosine of an image with the real one of its caption. */
  nearness: number
}

/** What published networks measure, by the option that names theirs. */
const others = {
  inception: 'FID (--inception)',
  preference: 'preference (--preference)',
  aesthetic: 'aesthetic score (--aesthetic)',
} as const
type Judge = keyof typeof others

async function loadJudges({ inception, preference, aesthetic }: Options) {
  const { loadMetricClip, loadMetricInception } = await import('../metrics/index.js')
  const { readWeights } = await import('../models/index.js')
  return {
    ...(inception && { inception: await loadMetricInception(inception) }),
    ...(preference && { preference: await loadMetricClip(preference) }),
    ...(aesthetic && { aesthetic: await readWeights(aesthetic) }),
  }
}

/** How many pairs a picture shows. */
const shownPairs = 48

/** Up to 48 pairs: what was drawn, and below it the real image. */
async function writePairs(file: string, drawn: Float32Array, real: Float32Array, shape: number[]): Promise<void> {
  const { writeGrid } = await import('../data/index.js')
  const columns = Math.min(16, shape[0]!)
  const rows = Math.min(3, Math.floor(shape[0]! / columns))
  const length = columns * shape[1]! * shape[2]! * 3
  const pairs = new Float32Array(2 * rows * length)
  for (let row = 0; row < rows; row++) {
    pairs.set(drawn.subarray(row * length, (row + 1) * length), 2 * row * length)
    pairs.set(real.subarray(row * length, (row + 1) * length), (2 * row + 1) * length)
  }
  await writeGrid(file, { data: pairs, shape: [2 * rows * columns, ...shape.slice(1)] }, { columns, scale: 2 })
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length

/** A line a seed, then mean ± standard deviation. */
function table(results: readonly Figures[]): string {
  const all = [
    ['Fréchet', 'frechet'],
    ['text score', 'textScore'],
    ['nearness', 'nearness'],
    [results[0]!.fidName ?? 'FID', 'fid'],
    ['preference', 'preference'],
    ['aesthetic', 'aesthetic'],
  ] as const
  const columns = all
    .filter(([, name]) => results[0]![name] !== undefined)
    .map(([title, name]) => [title, (figures: Figures) => figures[name]!] as const)
  const line = (first: string, cells: string[]) => [first.padEnd(6), ...cells.map(cell => cell.padStart(18))].join('')
  const summary = columns.map(([, of]) => {
    const values = results.map(of)
    const centre = mean(values)
    const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (values.length - 1))
    return values.length > 1 ? `${centre.toPrecision(4)} ± ${deviation.toPrecision(2)}` : centre.toPrecision(4)
  })
  return [
    line(
      'seed',
      columns.map(([name]) => name),
    ),
    ...results.map((figures, seed) =>
      line(
        `${seed}`,
        columns.map(([, of]) => of(figures).toPrecision(4)),
      ),
    ),
    line('mean', summary),
  ].join('\n')
}
