import type { ImageBatch } from '../data/index.js'
import { tf } from '../tensorflow/index.js'

export type Tensors = Record<string, tf.Tensor>

/** What a training step draws by chance, and from where. */
export interface StepInput {
  /** Independent keys, int32 [2] each. */
  keys: readonly tf.Tensor1D[]
  /** How often each style is drawn (`styleBounds`). */
  bounds: tf.Tensor1D
  /** Tensors that stay on the device for the whole run. */
  resident: Record<string, tf.Tensor>
}

/** One of the things that can be pretrained: what the training loop asks of it. */
export interface Task {
  /** The weights to begin with, those of temporary heads included. */
  weights: Tensors
  resident: Record<string, tf.Tensor>
  /** Tensors for `evaluate`, freed with the rest. */
  heldOut: tf.Tensor[]
  /** SHA-256 of images and captions. */
  dataHash: string
  /** Number of keys that a step uses. */
  keys: number
  /** The loss of one batch and the figures it is made of; recorded once, so it must not read a tensor. */
  loss(weights: Tensors, input: StepInput): { loss: tf.Scalar; parts: Record<string, tf.Scalar> }
  /** Figures on the held-out names. */
  evaluate(weights: Tensors): Promise<Record<string, number>>
  /** A few pictures of the state, for models that draw. */
  samples?(weights: Tensors): Promise<ImageBatch>
  /** Writes the finished model as an ordinary folder and says how many parameters it has. */
  save(folder: string, weights: Tensors, metadata: Record<string, string>): Promise<number>
}

/** Mean cross-entropy of logits [batch, classes] against class numbers [batch]. */
export function crossEntropy(logits: tf.Tensor2D, classes: tf.Tensor1D): tf.Scalar {
  const targets = tf.oneHot(classes, logits.shape[1])
  return tf.logSoftmax(logits).mul(targets).sum(1).mean().neg() as tf.Scalar
}

/** How often the largest entry of a row stands where `classes` says: the accuracy, 0 … 1. */
export function accuracy(logits: tf.Tensor2D, classes: tf.Tensor1D): tf.Scalar {
  return logits.argMax(1).toInt().equal(classes).toFloat().mean() as tf.Scalar
}

/** Images in [−1, 1] as a vision network wants them: 0 … 1, less the mean, over the deviation of each channel. */
export function standardized(images: tf.Tensor4D, statistics: ImageStatistics): tf.Tensor4D {
  return images.add(1).div(2).sub(tf.tensor1d(statistics.mean)).div(tf.tensor1d(statistics.deviation)) as tf.Tensor4D
}

export interface ImageStatistics {
  mean: number[]
  deviation: number[]
}

/** The statistics of ImageNet, which DINOv2 uses. */
export const imageNet: ImageStatistics = { mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225] }

/** The statistics that CLIP uses. */
export const clipStatistics: ImageStatistics = {
  mean: [0.48145466, 0.4578275, 0.40821073],
  deviation: [0.26862954, 0.26130258, 0.27577711],
}
