import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import {
  clipTextEmbeds,
  clipVision,
  loadModelFolder,
  loadTokenizer,
  type Model,
  readJson,
  readOpenClipConfig,
  type Weights,
} from '../models/index.js'
import { jit, tf } from '../tensorflow/index.js'
import type { Features } from './frechet.js'
import { concatenate, type ImageBatch, inBatches } from './images.js'

/** A CLIP model that measures images: loaded once, it remembers the features of every batch it has seen. */
export interface MetricClip {
  model: Model
  tokenizer: Awaited<ReturnType<typeof loadTokenizer>>
  /** side of the images that it takes */
  size: number
  /** from pixels in 0 … 1 and of this size to embeddings [batch, width] */
  embedImages(pixels: tf.Tensor4D): tf.Tensor2D
  embedTexts(ids: tf.Tensor2D): tf.Tensor2D
  seen: WeakMap<ImageBatch, Features>
}

const visionConfig = z.object({ image_size: z.int().positive().default(224) })

// What OpenAI trained CLIP with: for folders without a preprocessor_config.json.
const preprocessor = z.object({
  image_mean: z.array(z.number()).length(3).default([0.48145466, 0.4578275, 0.40821073]),
  image_std: z.array(z.number().positive()).length(3).default([0.26862954, 0.26130258, 0.27577711]),
})

/** Images of one call of the network: few enough for its activations to fit anywhere. */
const batchSize = 64

/**
 * Loads a CLIPModel's folder for measuring, as transformers or OpenCLIP saved it.
 * @throws Error naming the file and the field that is wrong or missing
 */
export async function loadMetricClip(folder: string): Promise<MetricClip> {
  const model = await loadModelFolder(folder)
  if (model.className !== 'CLIPModel') throw new Error(`${folder}: holds a ${model.className}; a CLIPModel is needed`)
  const file = join(folder, 'preprocessor_config.json')
  const openClip = existsSync(join(folder, 'config.json')) ? undefined : await readOpenClipConfig(folder)
  const parsed = preprocessor.safeParse(existsSync(file) ? await readJson(file) : (openClip?.preprocessor ?? {}))
  if (!parsed.success) throw new Error(`${file}: ${z.prettifyError(parsed.error)}`)
  const { config, weights } = model
  const { image_mean: mean, image_std: deviation } = parsed.data
  const towerConfig = { ...(config.vision_config as object), projection_dim: config.projection_dim }
  const vision = jit((given: Weights, pixels: tf.Tensor4D) => {
    const normal = tf.div(tf.sub(pixels, tf.tensor1d(mean)), tf.tensor1d(deviation)) as tf.Tensor4D
    return clipVision(given, towerConfig, normal).imageEmbeds
  })
  const text = jit((given: Weights, ids: tf.Tensor2D) => clipTextEmbeds(given, config, ids))
  return {
    model,
    tokenizer: await loadTokenizer(folder),
    size: visionConfig.parse(config.vision_config).image_size,
    embedImages: pixels => vision(weights, pixels),
    embedTexts: ids => text(weights, ids),
    seen: new WeakMap(),
  }
}

/**
 * Image embeddings before they are brought to unit length: what a Fréchet distance in CLIP's space compares. Images of
 * another size are resized as Pillow's bicubic filter does it, without rounding in between. A batch (the object) that was
 * seen before is not computed again.
 */
export async function imageFeatures(measure: MetricClip, images: ImageBatch): Promise<Features> {
  const seen = measure.seen.get(images)
  if (seen) return seen
  const rows: Float32Array[] = []
  for (const pixels of inBatches(images, measure.size, batchSize)) {
    const embeddings = tf.tidy(() => measure.embedImages(tf.tensor4d(pixels.data, pixels.shape)))
    rows.push(await embeddings.data<'float32'>())
    embeddings.dispose()
  }
  const count = images.shape[0]!
  const data = concatenate(rows)
  const features = { rows: count, columns: data.length / count, data }
  measure.seen.set(images, features)
  return features
}

/** Text embeddings, of unit length, a row a text. */
export async function textFeatures({ tokenizer, embedTexts }: MetricClip, texts: readonly string[]): Promise<Features> {
  const rows: Float32Array[] = []
  for (let start = 0; start < texts.length; start += batchSize) {
    const ids = tokenizer.encode(texts.slice(start, start + batchSize))
    const embeddings = tf.tidy(() => embedTexts(tf.tensor2d(ids, undefined, 'int32')))
    rows.push(await embeddings.data<'float32'>())
    embeddings.dispose()
  }
  const data = concatenate(rows)
  return { rows: texts.length, columns: data.length / texts.length, data }
}

/** The features as one array an image. */
export function featureRows({ rows, columns, data }: Features): Float32Array[] {
  const all = Float32Array.from(data)
  return Array.from({ length: rows }, (_, i) => all.subarray(i * columns, (i + 1) * columns))
}
