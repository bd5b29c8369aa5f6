import { featureRows, type ImageBatch, imageFeatures, type MetricClip, textFeatures } from './clip.js'
import { clipScore, pairedCosines } from './clipScore.js'
import { featureStatistics, frechetDistance } from './frechet.js'

export interface EvaluationInput {
  clip: MetricClip
  /** the images to be judged */
  images: ImageBatch
  /** real images, for the Fréchet distance; when there are as many as images, the i-th is the i-th's reference */
  references?: ImageBatch
  /** prompts, the i-th of the i-th image */
  texts?: readonly string[]
}

/** What was measured; a figure is there when what it needs was given. */
export interface Evaluation {
  /** number of images; a Fréchet distance depends on it, so compare only at equal numbers */
  count: number
  /** Fréchet distance to the references in this CLIP's features: small is near. Not comparable with FID */
  frechet?: number
  /** mean CLIP score of image and prompt, 0 … 100 */
  textScore?: number
  /** cosine of each image with its prompt, for win rates */
  textCosines?: number[]
  /** cosine of each image with its reference, for win rates */
  referenceCosines?: number[]
}

/** Judges images by a CLIP model: against real images, against their prompts, or both. */
export async function evaluateImages({ clip, images, references, texts }: EvaluationInput): Promise<Evaluation> {
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
  return result
}
