import { dtypes, inXla, rawOp, tf } from '../tensorflow/index.js'
import { siluGradient } from './activations.js'
import { type Weights, weight } from './weights.js'

// Gradients written out: TF.js's own would keep and revisit a tensor per elementary operation. These keep the input and
// its means, compute what else they need of the forward pass again, and leave fusing to the compiler.

/**
 * Σx² along an axis, which stays as one. TensorFlow has an operation that reads x once for √Σx², where squares would be
 * written down first; XLA has not, and needs none.
 */
function squareSum(x: tf.Tensor, axis: number): tf.Tensor {
  if (inXla()) return tf.sum(tf.square(x), axis, true)
  return tf.square(rawOp('EuclideanNorm', [keepDims], [x, tf.tensor1d([axis], 'int32')])[0]!)
}
const keepDims = { name: 'keep_dims', type: dtypes.TF_ATTR_BOOL, value: true }

/**
 * Group norm of an NHWC image, followed by SiLU where `silu` is set: the pair that every residual block is made of.
 *
 * @param groups must divide the channels
 */
export function groupNorm(
  weights: Weights,
  name: string,
  x: tf.Tensor4D,
  { groups, epsilon, silu = false }: { groups: number; epsilon: number; silu?: boolean },
): tf.Tensor4D {
  const [batch, height, width, channels] = x.shape
  const size = channels / groups
  const area = height * width
  const flat = [batch, area, channels]
  // Averages sums over the image, [B, C], over each group: [B, 1, C], equal within a group.
  const groupMean = (sums: tf.Tensor) => {
    const share = tf.fill([1, 1, size], 1 / (size * area))
    const groupSums = tf.sum(tf.reshape(sums, [batch, groups, size]), 2, true)
    return tf.reshape(tf.mul(groupSums, share), [batch, 1, channels])
  }
  const norm = tf.customGrad((...inputs: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const [x, gamma, beta, save] = inputs as [tf.Tensor, tf.Tensor, tf.Tensor, tf.GradSaveFunc]
    const mean = groupMean(tf.sum(x, 1))
    const centred = tf.sub(x, mean)
    const inverse = tf.rsqrt(tf.add(groupMean(squareSum(centred, 1)), epsilon))
    const y = tf.add(tf.mul(centred, tf.mul(inverse, gamma)), beta)
    save([x, gamma, beta, mean, inverse])
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]) => {
      const [x, gamma, beta, mean, inverse] = saved as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor]
      const centred = tf.sub(x, mean)
      const scale = tf.mul(inverse, gamma)
      if (silu) dy = siluGradient(tf.add(tf.mul(centred, scale), beta), dy)
      const dySums = tf.sum(dy, 1, true)
      const dyUnitSums = tf.mul(tf.sum(tf.mul(dy, centred), 1, true), inverse)
      const alongUnit = groupMean(tf.mul(dyUnitSums, gamma))
      const alongOne = groupMean(tf.mul(dySums, gamma))
      const along = tf.add(tf.mul(centred, tf.mul(alongUnit, tf.square(inverse))), tf.mul(alongOne, inverse))
      return [tf.sub(tf.mul(dy, scale), along), tf.sum(dyUnitSums, [0, 1]), tf.sum(dySums, [0, 1])]
    }
    return { value: silu ? tf.mul(y, tf.sigmoid(y)) : y, gradFunc }
  })
  const y = norm(tf.reshape(x, flat), weight(weights, `${name}.weight`), weight(weights, `${name}.bias`))
  return tf.reshape(y, x.shape)
}

/** Layer norm over the last axis. */
export function layerNorm<T extends tf.Tensor>(weights: Weights, name: string, x: T, epsilon: number): T {
  const norm = tf.customGrad((...inputs: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const [x, gamma, beta, save] = inputs as [tf.Tensor, tf.Tensor, tf.Tensor, tf.GradSaveFunc]
    const mean = tf.mean(x, 1, true)
    const centred = tf.sub(x, mean)
    const variance = tf.mul(squareSum(centred, 1), 1 / centred.shape[1]!)
    const inverse = tf.rsqrt(tf.add(variance, epsilon))
    save([x, gamma, mean, inverse])
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]) => {
      const [x, gamma, mean, inverse] = saved as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor]
      const unit = tf.mul(tf.sub(x, mean), inverse)
      const dyUnit = tf.mul(dy, unit)
      const g = tf.mul(dy, gamma)
      const along = tf.add(tf.mul(unit, tf.mean(tf.mul(g, unit), 1, true)), tf.mean(g, 1, true))
      return [tf.mul(tf.sub(g, along), inverse), tf.sum(dyUnit, 0), tf.sum(dy, 0)]
    }
    return { value: tf.add(tf.mul(tf.mul(centred, inverse), gamma), beta), gradFunc }
  })
  const rows = tf.reshape(x, [-1, x.shape.at(-1)!])
  const y = norm(rows, weight(weights, `${name}.weight`), weight(weights, `${name}.bias`))
  return tf.reshape(y, x.shape) as T
}

/** Layer norm over the last axis without scale and shift of its own: what a transformer's time embedding modulates. */
export function unitNorm<T extends tf.Tensor>(x: T, epsilon: number): T {
  const norm = tf.customGrad((...inputs: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const [x, save] = inputs as [tf.Tensor, tf.GradSaveFunc]
    const centred = tf.sub(x, tf.mean(x, 1, true))
    const inverse = tf.rsqrt(tf.add(tf.mul(squareSum(centred, 1), 1 / x.shape[1]!), epsilon))
    const unit = tf.mul(centred, inverse)
    save([unit, inverse])
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]) => {
      const [unit, inverse] = saved as [tf.Tensor, tf.Tensor]
      const along = tf.add(tf.mul(unit, tf.mean(tf.mul(dy, unit), 1, true)), tf.mean(dy, 1, true))
      return tf.mul(tf.sub(dy, along), inverse)
    }
    return { value: unit, gradFunc }
  })
  return tf.reshape(norm(tf.reshape(x, [-1, x.shape.at(-1)!])), x.shape) as T
}

/** x·γ/√(mean x² + ε) over the last axis (Zhang & Sennrich 2019). */
export function rmsNorm<T extends tf.Tensor>(weights: Weights, name: string, x: T, epsilon: number): T {
  const norm = tf.customGrad((...inputs: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const [x, gamma, save] = inputs as [tf.Tensor, tf.Tensor, tf.GradSaveFunc]
    const inverse = tf.rsqrt(tf.add(tf.mul(squareSum(x, 1), 1 / x.shape[1]!), epsilon))
    save([x, gamma, inverse])
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]) => {
      const [x, gamma, inverse] = saved as [tf.Tensor, tf.Tensor, tf.Tensor]
      const unit = tf.mul(x, inverse)
      const dyUnit = tf.mul(dy, unit)
      const along = tf.mul(unit, tf.mean(tf.mul(dyUnit, gamma), 1, true))
      return [tf.mul(tf.sub(tf.mul(dy, gamma), along), inverse), tf.sum(dyUnit, 0)]
    }
    return { value: tf.mul(tf.mul(x, inverse), gamma), gradFunc }
  })
  return tf.reshape(norm(tf.reshape(x, [-1, x.shape.at(-1)!]), weight(weights, `${name}.weight`)), x.shape) as T
}
