import { tf } from '../tensorflow/index.js'

/**
 * A network's parameters by the names that diffusers and transformers give them. Matrices and vectors are as on disk
 * ([out, in] for a linear layer); convolution kernels, the only 4-D tensors, are HWIO in memory and OIHW on disk.
 */
export type Weights = Record<string, tf.Tensor>

/**
 * The tensor of this name.
 *
 * @throws Error naming it when the record lacks it
 */
export function weight(weights: Weights, name: string): tf.Tensor {
  const tensor = weights[name]
  if (!tensor) throw new Error(`the weights have no "${name}"`)
  return tensor
}

/** A tensor as stored (kernels OIHW) → as held in memory (kernels HWIO). A kernel given is disposed. */
export const kernelToMemory = (stored: tf.Tensor): tf.Tensor => permuteKernel(stored, [2, 3, 1, 0])

/** A tensor as held in memory → a new one as stored. */
export const kernelToDisk = (held: tf.Tensor): tf.Tensor =>
  held.rank === 4 ? tf.transpose(held, [3, 2, 0, 1]) : tf.clone(held)

function permuteKernel(tensor: tf.Tensor, axes: number[]): tf.Tensor {
  if (tensor.rank !== 4) return tensor
  const permuted = tf.transpose(tensor, axes)
  tensor.dispose()
  return permuted
}

/** Frees a network's tensors. */
export const disposeWeights = (weights: Weights): void => tf.dispose(weights)
