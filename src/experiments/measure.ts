/** An evaluation of a trial: captions drawn with its sampling, compared with the real images of the same captions. */

import type { Dataset, ImageBatch } from '../data/index.js'
import { concatenate, evaluateImages, type MetricClip } from '../metrics/index.js'
import type { DiffusionModel } from '../models/index.js'
import { namedSampler } from '../samplers/index.js'
import { drawCaptions } from './drawing.js'
import type { EvaluationSettings } from './settings.js'
import type { Figures } from './trialFolder.js'

/** Drawn together; a small set of captions is one batch. */
const largestBatch = 160
/** Of the images kept to look at. */
const shown = 16

export interface Measurement {
  figures: Figures
  /** A caption's own scores, in the captions' order, drawing after drawing: its cosines with caption and real image. */
  scores: { text: number[]; nearness: number[] }
  /** The first drawings of captions spread over all of them. */
  images: ImageBatch
}

export interface MeasureOptions extends EvaluationSettings {
  clip: MetricClip
  /** Captions and their real images. */
  data: Dataset
  seed: number
  signal?: AbortSignal
}

/** Draws and measures. The noise depends on the seed alone, so that methods of a seed are compared from equal noise. */
export async function measure(model: DiffusionModel, options: MeasureOptions): Promise<Measurement> {
  const { clip, data, captions, seed, draws, sampler, steps, guidance, signal } = options
  const indices = spread(data.items.length, captions ?? data.items.length)
  const texts = indices.map(index => data.items[index]!.text)
  const real = await data.images(indices)
  const plan = namedSampler(model.schedule, sampler, steps)
  const batch = Math.min(largestBatch, texts.length)
  const drawn: Float32Array[] = []
  for (let draw = 0; draw < draws; draw++) {
    const noise = { seed: seed * 1009 + draw, batch, guidance, ...(signal && { signal }) }
    drawn.push(await drawCaptions(model, texts, { sampler: plan, ...noise }))
  }
  const imageShape = [data.size, data.size, 3]
  const repeated = Array.from({ length: draws }, () => real)
  const count = texts.length * draws
  const measured = await evaluateImages({
    clip,
    images: { data: concatenate(drawn), shape: [count, ...imageShape] },
    references: { data: concatenate(repeated), shape: [count, ...imageShape] },
    texts: Array.from({ length: draws }, () => texts).flat(),
  })
  const { frechet, textScore, textCosines, referenceCosines } = measured
  const nearness = referenceCosines!.reduce((sum, value) => sum + value, 0) / count
  return {
    figures: { fd: frechet!, text: textScore!, nearness },
    scores: { text: textCosines!, nearness: referenceCosines! },
    images: pick(drawn[0]!, spread(texts.length, shown), imageShape),
  }
}

/** `count` indices below `length`, evenly apart. */
export function spread(length: number, count: number): number[] {
  const some = Math.min(count, length)
  return Array.from({ length: some }, (_, i) => Math.floor((i * length) / some))
}

function pick(images: Float32Array, indices: number[], shape: number[]): ImageBatch {
  const length = shape.reduce((product, size) => product * size, 1)
  const data = concatenate(indices.map(index => images.subarray(index * length, (index + 1) * length)))
  return { data, shape: [indices.length, ...shape] }
}
