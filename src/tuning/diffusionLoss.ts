/** L_diff of Eq. 8: how far the network's output is from what it should predict at a noised image. */

import type { NoiseLevel, Prediction } from '../samplers/index.js'
import { tf } from '../tensorflow/index.js'

/**
 * ‖·‖² as the mean over a sample's elements (default of every codebase, though the paper's formula is a sum) or their
 * sum; always the mean over the batch.
 */
export type Reduction = 'mean' | 'sum'

/** What the network should predict at α·x₀ + σ·ε: ε, α·ε − σ·x₀, or ε − x₀. α and σ are numbers or [B,1,1,1]. */
export function diffusionTarget(
  prediction: Prediction,
  level: NoiseLevel | { alpha: tf.Tensor; sigma: tf.Tensor },
  image: tf.Tensor4D,
  noise: tf.Tensor4D,
): tf.Tensor4D {
  switch (prediction) {
    case 'epsilon':
      return noise
    case 'v_prediction':
      return tf.sub(tf.mul(noise, level.alpha), tf.mul(image, level.sigma))
    case 'flow':
      return tf.sub(noise, image)
  }
}

/** The loss. */
export function diffusionLoss(output: tf.Tensor4D, target: tf.Tensor4D, reduction: Reduction): tf.Scalar {
  return tf.mul(tf.mean(tf.squaredDifference(output, target)), perElement(output, reduction)) as tf.Scalar
}

/** Its derivative by the output, times `weight`: 2·weight·(output − target)/n. */
export function diffusionCotangent(
  output: tf.Tensor4D,
  target: tf.Tensor4D,
  reduction: Reduction,
  weight: number,
): tf.Tensor4D {
  const scale = (2 * weight * perElement(output, reduction)) / output.size
  return tf.mul(tf.sub(output, target), scale)
}

/** By how much the mean over all elements is to be multiplied. */
function perElement(output: tf.Tensor4D, reduction: Reduction): number {
  return reduction === 'mean' ? 1 : output.size / output.shape[0]
}
