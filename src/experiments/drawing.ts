/** Drawing many captions with a model, batch after batch. */

import { concatenate } from '../metrics/index.js'
import { type DiffusionModel, sample } from '../models/index.js'
import type { Plan } from '../samplers/index.js'

export interface DrawOptions {
  sampler: Plan
  guidance: number
  /** Of the noise: the same captions and seed start from the same noise, whatever the model. */
  seed: number
  /** Images drawn together. */
  batch: number
  signal?: AbortSignal
  /** How many are drawn. */
  report?: (done: number) => void
}

/** Images [captions, H, W, C] in [−1, 1] as one array. */
export async function drawCaptions(
  model: DiffusionModel,
  captions: readonly string[],
  options: DrawOptions,
): Promise<Float32Array> {
  const parts: Float32Array[] = []
  for await (const { images } of drawBatches(model, captions, options)) parts.push(images)
  return concatenate(parts)
}

/** The same batch by batch: thousands of large images do not fit in memory. `start` is the first one's caption. */
export async function* drawBatches(
  model: DiffusionModel,
  captions: readonly string[],
  { sampler, guidance, seed, batch, signal, report }: DrawOptions,
): AsyncGenerator<{ start: number; count: number; images: Float32Array }> {
  for (let start = 0; start < captions.length; start += batch) {
    // The last batch is filled up, so that every call has one shape and is compiled once.
    const prompts = Array.from({ length: batch }, (_, i) => captions[Math.min(start + i, captions.length - 1)]!)
    // Another seed for each batch, or all batches would start from the same noise.
    const options = { prompts, sampler, guidance, seed: seed * 100_003 + start, ...(signal && { signal }) }
    const images = await sample(model, options)
    const count = Math.min(batch, captions.length - start)
    const drawn = (await images.data<'float32'>()).subarray(0, (images.size / batch) * count)
    images.dispose()
    report?.(start + count)
    yield { start, count, images: drawn }
  }
}
