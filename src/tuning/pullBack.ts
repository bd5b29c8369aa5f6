/**
 * The generator's gradient from a rollout: one vector-Jacobian product of the network for each kept step, with cotangent
 * w_i·g (Eq. 12 with the backward path's own weights). Memory is that of one call, however many steps and whatever K.
 */

import type { Weights } from '../models/index.js'
import { tf } from '../tensorflow/index.js'
import type { Condition, Generator } from './generator.js'
import { mapWeights } from './gradients.js'
import type { KeptStep } from './rollout.js'

/** Norm of the adversarial gradient that one step brought. */
export interface StepNorm {
  index: number
  t: number
  w: number
  norm: tf.Scalar
}

/** What an accumulated gradient is to be, and what it already is. */
export interface PullBackOptions {
  /** ∂L/∂ε̄ of a loss on the conditional output of one kept step, which then rides on that step's call. */
  conditional?: { index: number; cotangent: tf.Tensor4D }
  /** The gradient to add to; consumed. Zero by default. */
  sum?: Weights
}

/**
 * Σ over the kept steps of w_i · VJP(network at x_i; g).
 * @param gradient g = ∂L/∂x̂₀
 * @returns the sum, and each step's own share of it as a norm
 */
export function pullBack<C extends Condition>(
  generator: Generator<C>,
  weights: Weights,
  condition: C,
  kept: readonly KeptStep[],
  gradient: tf.Tensor4D,
  { conditional, sum = mapWeights(tf.zerosLike, weights) }: PullBackOptions = {},
): { sum: Weights; steps: StepNorm[] } {
  const none = tf.zerosLike(gradient)
  const steps: StepNorm[] = []
  for (const { index, t, w, x } of kept) {
    const cotangent = {
      guided: tf.mul(gradient, w) as tf.Tensor4D,
      conditional: conditional?.index === index ? conditional.cotangent : none,
    }
    const time = tf.scalar(t)
    const pulled = generator.pullBack(weights, x, time, condition, cotangent, sum)
    tf.dispose([sum, cotangent.guided, time])
    sum = pulled.sum
    steps.push({ index, t, w, norm: pulled.norm })
  }
  none.dispose()
  return { sum, steps }
}
