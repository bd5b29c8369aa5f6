import { resizeMatrix } from '../metrics/resize.js'
import { dinov2, dinov2Config, type Model } from '../models/index.js'
import { tf } from '../tensorflow/index.js'

/** A frozen Dinov2Model. */
export type FeatureNetwork = Pick<Model, 'config' | 'weights'>

// ImageNet's, which every Dinov2 was trained with.
const pixelMean = [0.485, 0.456, 0.406]
const pixelDeviation = [0.229, 0.224, 0.225]

/**
 * Features F(x) of the hooked blocks, with gradient to the images. A block's hidden states are taken without the final
 * normalisation, and the class token is added to every patch, so that each head sees the whole image's summary at every
 * token (the read-out that DPT calls `add`, and that discriminators on vision transformers use).
 * @param images [batch, height, width, 3] in [−1, 1]
 * @param hooks blocks counted from 0
 * @param resolution side to which the images are brought first; as the network's configuration says by default
 * @returns [batch, patches, width], one a hook
 */
export function extractFeatures(
  { config, weights }: FeatureNetwork,
  images: tf.Tensor4D,
  hooks: number[],
  resolution: number = dinov2Config(config).image_size,
): tf.Tensor3D[] {
  const sized = resizeTensor(images, resolution, resolution)
  const unitRange = tf.mul(tf.add(sized, 1), 0.5)
  const pixels = tf.div(tf.sub(unitRange, tf.tensor1d(pixelMean)), tf.tensor1d(pixelDeviation)) as tf.Tensor4D
  return dinov2(weights, config, pixels, { blocks: hooks }).blocks.map(hidden => {
    const [batch, tokens, width] = hidden.shape
    const summary = tf.slice(hidden, [0, 0, 0], [batch, 1, width])
    const patches = tf.slice(hidden, [0, 1, 0], [batch, tokens - 1, width])
    return tf.add(patches, summary) as tf.Tensor3D
  })
}

/** Bilinear resize that averages when shrinking, as two matrix products, so that a gradient flows through. */
export function resizeTensor(images: tf.Tensor4D, height: number, width: number): tf.Tensor4D {
  const [batch, fromHeight, fromWidth, channels] = images.shape
  if (fromHeight === height && fromWidth === width) return images
  const rowFilter = tf.tensor2d(resizeMatrix(fromHeight, height, 'bilinear'), [height, fromHeight])
  const columnFilter = tf.tensor2d(resizeMatrix(fromWidth, width, 'bilinear'), [width, fromWidth])
  const byRow = tf.reshape(tf.transpose(images, [0, 2, 3, 1]), [-1, fromHeight])
  const rows = tf.reshape(tf.matMul(byRow, rowFilter, false, true), [batch, fromWidth, channels, height])
  const byColumn = tf.reshape(tf.transpose(rows, [0, 3, 2, 1]), [-1, fromWidth])
  const columns = tf.reshape(tf.matMul(byColumn, columnFilter, false, true), [batch, height, channels, width])
  return tf.transpose(columns, [0, 1, 3, 2]) as tf.Tensor4D
}
