/** Gradients with respect to a record of weights, and arithmetic on such records. */

import type { Weights } from '../models/index.js'
import { tf } from '../tensorflow/index.js'

/**
 * Value and gradients of f, which uses the weights through its closure.
 * @param cotangent ∂L/∂value, of the value's shape; ones where left out (for a scalar: the plain gradient)
 * @returns gradients under the weights' names, zeros for a weight that f does not use
 */
export function gradientsOf<T extends tf.Tensor>(
  f: () => T,
  weights: Weights,
  cotangent?: T,
): { value: T; gradients: Weights } {
  const { value, grads } = tf.engine().gradients(f, Object.values(weights), cotangent, true)
  const gradients: Weights = {}
  for (const [i, [name, weight]] of Object.entries(weights).entries()) {
    gradients[name] = (grads[i] as tf.Tensor | undefined) ?? tf.zerosLike(weight)
  }
  return { value, gradients }
}

/** A record of the same names, each entry made from the entries of the records given. */
export function mapWeights(f: (...entries: tf.Tensor[]) => tf.Tensor, first: Weights, ...rest: Weights[]): Weights {
  const result: Weights = {}
  for (const [name, tensor] of Object.entries(first)) {
    result[name] = f(tensor, ...rest.map(record => record[name]!))
  }
  return result
}

/**
 * √Σ over all entries of the squares: the norm that clipping and the log mean. Summed in the order of the names, so that
 * a resumed run, whose records come from a file, adds in the same order.
 */
export function globalNorm(weights: Weights): tf.Scalar {
  const names = Object.keys(weights).sort()
  const squares = names.map(name => tf.sum(tf.square(weights[name]!)))
  return tf.sqrt(tf.addN(squares)) as tf.Scalar
}
