import type { Weights } from '../models/index.js'
import { tf } from '../tensorflow/index.js'
import { aestheticScore } from './aesthetic.js'
import { featureRows, imageFeatures, type MetricClip, textFeatures } from './clip.js'
import { clipScore, hpsPercent, pairedCosines } from './clipScore.js'
import { type FeatureStatistics, type Features, featureStatistics, frechetDistance } from './frechet.js'
import { concatenate, type ImageBatch } from './images.js'
import { inceptionFeatures, type MetricInception } from './inception.js'

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
  /** `FID-5k` of 5000 images, say */
  fidName?: string
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

/** The networks that judge. */
export type Judges = Pick<EvaluationInput, 'clip' | 'inception' | 'preference' | 'aesthetic'>

/** What real images are to the judges; made once for all that is compared with them. */
export interface RealImages {
  /** embeddings, in the images' order; of the first ones alone where no more were asked for */
  rows: Float32Array[]
  clip: FeatureStatistics
  inception?: FeatureStatistics
}

/**
 * Looks at real images, batch by batch.
 * @param inception statistics of FID's features that were made before, instead of those of these images
 * @param pairs so many of the first images are looked at by CLIP; FID's features are always of all
 */
export async function measureReal(
  judges: Pick<Judges, 'clip' | 'inception'>,
  batches: AsyncIterable<ImageBatch> | Iterable<ImageBatch>,
  { inception, pairs = Number.POSITIVE_INFINITY }: { inception?: FeatureStatistics; pairs?: number } = {},
): Promise<RealImages> {
  const [seen, forFid]: Features[][] = [[], []]
  let count = 0
  for await (const images of batches) {
    if (count < pairs) seen!.push(await imageFeatures(judges.clip, firstImages(images, pairs - count)))
    count += images.shape[0]!
    if (judges.inception && !inception) forFid!.push(await inceptionFeatures(judges.inception, images))
  }
  const features = joined(seen!)
  const statistics = inception ?? (forFid!.length ? featureStatistics(joined(forFid!)) : undefined)
  return {
    rows: featureRows(features),
    clip: featureStatistics(features),
    ...(statistics && { inception: statistics }),
  }
}

/** An evaluation that is given its images in batches, of which it keeps the features alone. */
export function createEvaluation(
  { clip, inception, preference, aesthetic }: Judges,
  real?: RealImages,
): { add(images: ImageBatch, texts?: readonly string[]): Promise<void>; result(): Promise<Evaluation> } {
  const [seen, forFid]: Features[][] = [[], []]
  const textCosines: number[] = []
  const preferences: number[] = []
  const withTexts = async (judge: MetricClip, features: Features, texts: readonly string[]) =>
    pairedCosines(featureRows(features), featureRows(await textFeatures(judge, texts)))
  return {
    async add(images, texts) {
      const features = await imageFeatures(clip, images)
      seen!.push(features)
      if (inception && real?.inception) forFid!.push(await inceptionFeatures(inception, images))
      if (texts) textCosines.push(...(await withTexts(clip, features, texts)))
      if (texts && preference) {
        preferences.push(...(await withTexts(preference, await imageFeatures(preference, images), texts)))
      }
    },
    async result() {
      const features = joined(seen!)
      const result: Evaluation = { count: features.rows }
      if (real) {
        result.frechet = frechetDistance(featureStatistics(features), real.clip)
        if (real.rows.length === features.rows)
          result.referenceCosines = pairedCosines(featureRows(features), real.rows)
      }
      if (textCosines.length > 0) {
        result.textCosines = textCosines
        result.textScore = clipScore(textCosines)
      }
      if (forFid!.length > 0) {
        result.fid = frechetDistance(featureStatistics(joined(forFid!)), real!.inception!)
        result.fidName = fidName(features.rows)
      }
      if (preferences.length > 0) result.preference = hpsPercent(preferences)
      if (aesthetic) result.aesthetic = await meanAesthetic(aesthetic, features)
      return result
    },
  }
}

/** FID falls with the number of images, so its name tells it: FID-5k, FID-10k, or FID-37. */
export const fidName = (count: number): string => `FID-${count % 1000 === 0 ? `${count / 1000}k` : count}`

/** Judges images: against real images, against their prompts, or both, by the networks that are given. */
export async function evaluateImages(input: EvaluationInput): Promise<Evaluation> {
  const { images, references, texts, ...judges } = input
  const evaluation = createEvaluation(judges, references && (await measureReal(judges, [references])))
  await evaluation.add(images, texts)
  return evaluation.result()
}

/** A batch's first images, as many as there are but no more than these. */
function firstImages({ data, shape }: ImageBatch, most: number): ImageBatch {
  const [count, ...each] = shape as [number, ...number[]]
  const kept = Math.min(count, most)
  return { data: data.subarray(0, (data.length / count) * kept), shape: [kept, ...each] }
}

/** Features of several batches as those of one. */
function joined(parts: readonly Features[]): Features {
  const [first, ...others] = parts
  if (!first) throw new RangeError('evaluation: there are no images')
  if (others.length === 0) return first
  const data = concatenate(parts.map(({ data }) => Float32Array.from(data)))
  return { rows: data.length / first.columns, columns: first.columns, data }
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
