/** AdamW over a record of weights (Loshchilov & Hutter 2019), with clipping by the global norm. */

import type { Weights } from '../models/index.js'
import { tf } from '../tensorflow/index.js'
import { globalNorm, mapWeights } from './gradients.js'

/** Running means of the gradient and of its square, under the weights' names. */
export interface Moments {
  mean: Weights
  square: Weights
}

export interface AdamwSettings {
  /** Decay rates of the two running means. */
  betas: readonly [number, number]
  epsilon: number
  /** Share of a weight, times the learning rate, that is taken away at every step, apart from the gradient. */
  weightDecay: number
  /** Largest global norm of the gradient; null leaves gradients as they are. */
  clip: number | null
}

/** Moments before the first step. */
export function zeroMoments(weights: Weights): Moments {
  return { mean: mapWeights(tf.zerosLike, weights), square: mapWeights(tf.zerosLike, weights) }
}

/**
 * The numbers of one step that change from step to step, as a tensor, so that a compiled update takes new ones.
 * @param step counted from 1
 * @returns [learning rate, 1 − β₁^step, 1 − β₂^step]
 */
export function adamwNumbers(rate: number, step: number, { betas }: AdamwSettings): tf.Tensor1D {
  return tf.tensor1d([rate, 1 - betas[0] ** step, 1 - betas[1] ** step])
}

/**
 * One step.
 * @param numbers from `adamwNumbers`
 * @param gradientNorm by which gradients are clipped: of more weights than these, where they are a part
 * @returns new weights and moments, the gradient's norm before clipping, and the norm of the change in the weights,
 *   which is not finite as soon as a weight, a moment or a gradient is not
 */
export function adamw(
  weights: Weights,
  moments: Moments,
  gradients: Weights,
  numbers: tf.Tensor1D,
  { betas, epsilon, weightDecay, clip }: AdamwSettings,
  gradientNorm = globalNorm(gradients),
): { weights: Weights; moments: Moments; gradientNorm: tf.Scalar; changeNorm: tf.Scalar } {
  const [rate, meanBias, squareBias] = tf.unstack(numbers) as [tf.Scalar, tf.Scalar, tf.Scalar]
  const scale = clip === null ? undefined : tf.minimum(1, tf.div(clip, tf.add(gradientNorm, 1e-6)))
  const clipped = scale ? mapWeights(gradient => tf.mul(gradient, scale), gradients) : gradients
  const mean = mapWeights((m, g) => tf.add(tf.mul(m, betas[0]), tf.mul(g, 1 - betas[0])), moments.mean, clipped)
  const square = mapWeights(
    (v, g) => tf.add(tf.mul(v, betas[1]), tf.mul(tf.square(g), 1 - betas[1])),
    moments.square,
    clipped,
  )
  const change = mapWeights(
    (w, m, v) => {
      const step = tf.div(tf.div(m, meanBias), tf.add(tf.sqrt(tf.div(v, squareBias)), epsilon))
      return tf.mul(rate, tf.add(step, tf.mul(w, weightDecay)))
    },
    weights,
    mean,
    square,
  )
  return {
    weights: mapWeights((w, d) => tf.sub(w, d), weights, change),
    moments: { mean, square },
    gradientNorm,
    changeNorm: globalNorm(change),
  }
}
