import { fidInception, loadModelFolder, readSafetensors, type Weights, writeSafetensors } from '../models/index.js'
import { jit, tf } from '../tensorflow/index.js'
import { type FeatureStatistics, type Features, featureStatistics } from './frechet.js'
import { concatenate, type ImageBatch, inBatches } from './images.js'

/** FID's network, loaded to measure with. */
export interface MetricInception {
  weights: Weights
}

/** The side of the images that it was trained on, and how many go through it at once. */
const size = 299
const batchSize = 32

/**
 * Loads FID's Inception: a folder with `model.safetensors`, under pytorch-fid's names, and a `config.json` that says
 * `{"architectures": ["FIDInceptionV3"]}`.
 *
 * @throws Error naming the file, field or tensor that is missing or wrong
 */
export async function loadMetricInception(folder: string): Promise<MetricInception> {
  const { className, weights } = await loadModelFolder(folder)
  if (className === 'FIDInceptionV3') return { weights }
  tf.dispose(weights)
  throw new Error(`${folder}: holds a ${className}; a FIDInceptionV3 is needed`)
}

const pool3 = jit((weights: Weights, unit: tf.Tensor4D) => fidInception(weights, tf.sub(tf.mul(unit, 2), 1)).pool3)

/** FID's features of images, 2048 each: resized as clean-fid does it, through pytorch-fid's network. */
export async function inceptionFeatures({ weights }: MetricInception, images: ImageBatch): Promise<Features> {
  const rows: Float32Array[] = []
  for (const { data, shape } of inBatches(images, size, batchSize)) {
    const features = tf.tidy(() => pool3(weights, tf.tensor4d(data, shape)))
    rows.push(await features.data<'float32'>())
    features.dispose()
  }
  return { rows: images.shape[0]!, columns: 2048, data: concatenate(rows) }
}

/** Mean and covariance of a reference set's features, which every FID against that set needs again. */
export async function inceptionStatistics(network: MetricInception, images: ImageBatch): Promise<FeatureStatistics> {
  return featureStatistics(await inceptionFeatures(network, images))
}

/**
 * Keeps statistics in a safetensors file, in double precision.
 * @param of what they were made of, such as a data set's hash; looked at when they are loaded
 */
export async function saveStatistics(
  file: string,
  { count, mean, covariance }: FeatureStatistics,
  of?: string,
): Promise<void> {
  const n = mean.length
  await writeSafetensors(
    file,
    {
      mean: { dtype: 'F64', shape: [n], data: mean },
      covariance: { dtype: 'F64', shape: [n, n], data: covariance },
    },
    { count: `${count}`, ...(of !== undefined && { of }) },
  )
}

/**
 * Statistics that `saveStatistics` kept.
 *
 * @param of what they must have been made of
 * @throws Error naming the file and what it lacks, or that it was made of something else
 */
export async function loadStatistics(file: string, of?: string): Promise<FeatureStatistics> {
  const { tensors, metadata } = await readSafetensors(file)
  const [mean, covariance] = [tensors.mean?.data, tensors.covariance?.data]
  const count = Number(metadata.count)
  const holds = mean instanceof Float64Array && covariance instanceof Float64Array
  if (!holds || covariance.length !== mean.length ** 2 || !Number.isInteger(count)) {
    throw new Error(`${file}: does not hold statistics: "mean", "covariance" in double precision, and "count"`)
  }
  if (of !== undefined && metadata.of !== of) {
    throw new Error(`${file}: its statistics were made of other images; remove it, or name another file`)
  }
  return { count, mean, covariance }
}
