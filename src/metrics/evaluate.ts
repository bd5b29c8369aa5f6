import type { Weights } from '../models/index.js'
import { tf } from '../tensorflow/index.js'
import { aestheticScore } from './aesthetic.js'
import { featureRows, imageFeatures, type MetricClip, textFeatures } from './clip.js'
import { clipScore, hpsPercent, pairedCosines } from './clipScore.js'
import { type Features, featureStatistics, frechetDistance } from './frechet.js'
import type { ImageBatch } from './images.js'
import { inceptionStatistics, type MetricInception } from './inception.js'

export interface EvaluationInput {
  clip: MetricClip
  /** the images to be judged */
  images: ImageBatch
  /** real images, for the Fréchet distance; when there are as many as images, the i-th is the i-th's reference */
  references?: ImageBatch
  /** prompts, the i-th of the i-th image */
  texts?: readonly string[]
  /** FID's network, for FID against the references */
  inception?: MetricInception
  /** a human preference model, HPSv2's v2.0 or v2.1, as a CLIP: scores images with their texts */
  preference?: MetricClip
  /** LAION's aesthetic predictor, for a `clip` that it was trained on (OpenAI's ViT-L/14) */
  aesthetic?: Weights
}

/** What was measured; a figure is there when what it needs was given. */
export interface Evaluation {
  /** number of images; a Fréchet distance depends on it, so compare only at equal numbers */
  count: number
  /** Fréchet distance to the references in this CLIP's features: small is near. Not comparable with FID */
  frechet?: number
  /** Fréchet inception distance to the references (Heusel et al. 2017), resized as clean-fid does it: small is near */
  fid?: number
  /** mean score of the preference model, in percent */
  preference?: number
  /** mean aesthetic score, 1 … 10 */
  aesthetic?: number
  /** mean CLIP score of image and prompt, 0 … 100 */
  textScore?: number
  /** cosine of each image with its prompt, for win rates */
  textCosines?: number[]
  /** cosine of each image with its reference, for win rates */
  referenceCosines?: number[]
}

/** Judges images: against real images, against their prompts, or both, by the networks that are given. */
export async function evaluateImages(input: EvaluationInput): Promise<Evaluation> {
  const { clip, images, references, texts, inception, preference, aesthetic } = input
  const features = await imageFeatures(clip, images)
  const rows = featureRows(features)
  const result: Evaluation = { count: features.rows }
  if (references) {
    const real = await imageFeatures(clip, references)
    result.frechet = frechetDistance(featureStatistics(features), featureStatistics(real))
    if (real.rows === features.rows) result.referenceCosines = pairedCosines(rows, featureRows(real))
  }
  if (texts) {
    result.textCosines = pairedCosines(rows, featureRows(await textFeatures(clip, texts)))
    result.textScore = clipScore(result.textCosines)
  }
  if (inception && references) {
    result.fid = frechetDistance(
      await inceptionStatistics(inception, images),
      await inceptionStatistics(inception, references),
    )
  }
  if (preference && texts) {
    const judged = featureRows(await imageFeatures(preference, images))
    result.preference = hpsPercent(pairedCosines(judged, featureRows(await textFeatures(preference, texts))))
  }
  if (aesthetic) result.aesthetic = await meanAesthetic(aesthetic, features)
  return result
}

async function meanAesthetic(weights: Weights, { rows, columns, data }: Features): Promise<number> {
  const mean = tf.tidy(() => {
    const embedding = tf.tensor2d(Float32Array.from(data), [rows, columns])
    return tf.mean(aestheticScore(weights, embedding).score)
  })
  const [value] = await mean.data()
  mean.dispose()
  return value!
}
