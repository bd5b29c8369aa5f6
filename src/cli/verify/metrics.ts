import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { clipScore, hpsPercent, pairedCosines } from '../../metrics/clipScore.js'
import { featureStatistics, frechetDistance } from '../../metrics/frechet.js'
import { clip, resizeImage } from '../../metrics/resize.js'
import { winRate } from '../../metrics/winRate.js'
import { type CaseArray, caseArray, readCaseArrays } from './arrays.js'
import type { Comparison } from './compare.js'
import type { CaseJson } from './index.js'

type Values = Map<string, Comparison>

const runners: Record<string, (folder: string) => Promise<Values>> = {
  'metrics.frechet': frechet,
  'metrics.resize': resize,
  'metrics.scores': scores,
  // TensorFlow is opened for this one only.
  AestheticMLP: async folder => (await import('./aesthetic.js')).aesthetic(folder),
}

export const components = Object.keys(runners)

export async function run(caseFolder: string, caseJson: CaseJson): Promise<{ values: Values }> {
  return { values: await runners[caseJson.component]!(caseFolder) }
}

async function frechet(folder: string): Promise<Values> {
  const arrays = await readCaseArrays(join(folder, 'io.safetensors'))
  const statistics = (name: string) => {
    const { shape, data } = caseArray(arrays, name)
    return featureStatistics({ rows: shape[0]!, columns: shape[1]!, data })
  }
  const values: Values = new Map()
  for (const group of groups(arrays)) {
    const [first, second] = [1, 2].map(set => statistics(`in.${group}.features${set}`)) as [
      ReturnType<typeof statistics>,
      ReturnType<typeof statistics>,
    ]
    const results: Record<string, ArrayLike<number>> = {
      distance: [frechetDistance(first, second)],
      mu1: first.mean,
      mu2: second.mean,
      cov1: first.covariance,
      cov2: second.covariance,
    }
    for (const [name, got] of Object.entries(results)) compare(values, arrays, `out.${group}.${name}`, got)
  }
  return values
}

async function resize(folder: string): Promise<Values> {
  const arrays = await readCaseArrays(join(folder, 'io.safetensors'))
  const values: Values = new Map()
  for (const group of groups(arrays)) {
    const { shape, data } = caseArray(arrays, `in.${group}.image`)
    const [height, width, channels] = shape as [number, number, number]
    const resized = (size: { height: number; width: number }) =>
      resizeImage(data, { height, width, channels }, size, 'bicubic')
    for (const output of ['image', 'unclipped', 'rows']) {
      const name = `out.${group}.${output}`
      const expected = arrays.get(name)
      if (!expected) continue
      const [outHeight, outWidth] = expected.shape as [number, number]
      // `rows` keeps every 13th row of a square result.
      const full = resized({ height: output === 'rows' ? outWidth : outHeight, width: outWidth })
      const stride = outWidth * channels
      const kept = output === 'rows' ? full.filter((_, i) => Math.floor(i / stride) % 13 === 0) : full
      compare(values, arrays, name, output === 'unclipped' ? kept : clip(kept, 0, 255))
    }
  }
  return values
}

interface ScoresCase {
  image_embeds: number[][]
  text_embeds: number[][]
  cosine: number[]
  clip_score_mean_cosine: number
  clip_score_100_clamped: number
  hps_percent_mean: number
  scores_a: number[]
  scores_b: number[]
  win_rates_a_over_b: { threshold: number; win: number; tie: number; loss: number }[]
}

async function scores(folder: string): Promise<Values> {
  const io = JSON.parse(await readFile(join(folder, 'io.json'), 'utf8')) as ScoresCase
  const values: Values = new Map()
  const add = (name: string, got: number[], reference: number[]) => values.set(name, { got, reference, kind: 'out' })
  const cosines = pairedCosines(io.image_embeds, io.text_embeds)
  add('cosine', cosines, io.cosine)
  add('clip_score_mean_cosine', [hpsPercent(cosines) / 100], [io.clip_score_mean_cosine])
  add('clip_score_100_clamped', [clipScore(cosines)], [io.clip_score_100_clamped])
  add('hps_percent_mean', [hpsPercent(cosines)], [io.hps_percent_mean])
  io.win_rates_a_over_b.forEach(({ threshold, win, tie, loss }, i) => {
    const got = winRate(io.scores_a, io.scores_b, { threshold, resamples: 1 })
    add(`win_rates_a_over_b.${i}`, [got.win, got.tie, got.loss], [win, tie, loss])
  })
  return values
}

/** The groups of a case, from its inputs' names: `in.GROUP.…`. */
function groups(arrays: Map<string, CaseArray>): string[] {
  const names = [...arrays.keys()].map(name => /^in\.([^.]+)\./.exec(name)?.[1])
  return [...new Set(names.filter(name => name !== undefined))]
}

function compare(values: Values, arrays: Map<string, CaseArray>, name: string, got: ArrayLike<number>) {
  const reference = arrays.get(name)
  if (reference) values.set(name, { got, reference: reference.data, kind: 'out' })
}
