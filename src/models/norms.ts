import { tf } from '../tensorflow/index.js'
import { siluDerivative } from './activations.js'
import { type Weights, weight } from './weights.js'

// Gradients written out: TF.js's own would keep and revisit a tensor per elementary operation. These keep the input and
// its means, compute what else they need of the forward pass again, and leave fusing to the compiler.

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
    const inverse = tf.rsqrt(tf.add(groupMean(tf.sum(tf.square(centred), 1)), epsilon))
    const y = tf.add(tf.mul(centred, tf.mul(inverse, gamma)), beta)
    save([x, gamma, beta, mean, inverse])
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]) => {
      const [x, gamma, beta, mean, inverse] = saved as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor]
      const unit = tf.mul(tf.sub(x, mean), inverse)
      if (silu) dy = tf.mul(dy, siluDerivative(tf.add(tf.mul(unit, gamma), beta)))
      const dySums = tf.sum(dy, 1)
      const dyUnitSums = tf.sum(tf.mul(dy, unit), 1)
      const along = tf.add(tf.mul(unit, groupMean(tf.mul(dyUnitSums, gamma))), groupMean(tf.mul(dySums, gamma)))
      return [tf.mul(tf.sub(tf.mul(dy, gamma), along), inverse), tf.sum(dyUnitSums, 0), tf.sum(dySums, 0)]
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
    const inverse = tf.rsqrt(tf.add(tf.mean(tf.square(centred), 1, true), epsilon))
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
