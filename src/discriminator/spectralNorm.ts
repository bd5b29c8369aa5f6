import type { Weights } from '../models/index.js'
import { tf } from '../tensorflow/index.js'

// As torch names them: a layer `L` has L.weight_orig (trained), and the vectors L.weight_u [out] and L.weight_v [in·kernel].
const suffixes = { weight: '.weight_orig', u: '.weight_u', v: '.weight_v' }
const epsilon = 1e-12

/** Whether a name is one of spectral normalisation's vectors, which power iteration moves and no optimizer does. */
export function isBuffer(name: string): boolean {
  return name.endsWith(suffixes.u) || name.endsWith(suffixes.v)
}

/**
 * Spectral normalisation (Miyato et al. 2018): a weight divided by the estimate u·Wv of its largest singular value.
 * The gradient flows through W in the divisor too; u and v are constants, as nothing computes them here.
 * @returns the weight in its own shape
 */
export function normalizedWeight(weights: Weights, layer: string): tf.Tensor {
  const weight = weights[layer + suffixes.weight]!
  const matrix = asMatrix(weight)
  const u = tf.reshape(weights[layer + suffixes.u]!, [1, -1]) as tf.Tensor2D
  const v = tf.reshape(weights[layer + suffixes.v]!, [-1, 1]) as tf.Tensor2D
  const sigma = tf.matMul(u, tf.matMul(matrix, v))
  return tf.div(weight, tf.reshape(sigma, []))
}

/**
 * One power iteration for every normalised layer: v ← Wᵀu/|Wᵀu|, u ← Wv/|Wv|. Once a discriminator step, outside of
 * whatever is differentiated.
 * @returns the new vectors, under their names; the weights given are left as they are
 */
export function powerIteration(weights: Weights): Weights {
  const buffers: Weights = {}
  for (const [name, weight] of Object.entries(weights)) {
    if (!name.endsWith(suffixes.weight)) continue
    const layer = name.slice(0, -suffixes.weight.length)
    const matrix = asMatrix(weight)
    const u = tf.reshape(weights[layer + suffixes.u]!, [-1, 1]) as tf.Tensor2D
    const v = unit(tf.matMul(matrix, u, true))
    buffers[layer + suffixes.u] = tf.reshape(unit(tf.matMul(matrix, v)), [-1])
    buffers[layer + suffixes.v] = tf.reshape(v, [-1])
  }
  return buffers
}

function asMatrix(weight: tf.Tensor): tf.Tensor2D {
  return tf.reshape(weight, [weight.shape[0]!, -1]) as tf.Tensor2D
}

function unit(column: tf.Tensor2D): tf.Tensor2D {
  return tf.div(column, tf.maximum(tf.norm(column), epsilon))
}
