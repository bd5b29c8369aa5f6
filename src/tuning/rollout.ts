/** Runs the sampler without recording anything for gradients, and keeps the latents of the steps that need one. */

import type { Weights } from '../models/index.js'
import { type Algebra, type BackwardPath, backwardWeights, type Plan, runPlan } from '../samplers/index.js'
import { jit, tf } from '../tensorflow/index.js'
import type { Condition, Generator } from './generator.js'

/** A step whose output will be given gradient: w = ∂x̂₀/∂(output) along the backward path. */
export interface KeptStep {
  index: number
  t: number
  w: number
  x: tf.Tensor4D
}

export interface Rollout {
  /** x̂₀. */
  final: tf.Tensor4D
  kept: KeptStep[]
  /** The conditional output at the start step, ε̄ of Algorithm 1. */
  startOutput: tf.Tensor4D
}

/** Latents as tensors; every combination is one compiled call, for any coefficients. */
export const tensors: Algebra<tf.Tensor4D> = {
  combine(terms) {
    const coefficients = tf.tensor1d(terms.map(([coefficient]) => coefficient))
    const sum = combine(
      coefficients,
      terms.map(([, value]) => value),
    )
    coefficients.dispose()
    return sum
  },
  release(value) {
    value.dispose()
  },
}

const combine = jit((coefficients: tf.Tensor1D, values: tf.Tensor4D[]) => {
  const shares = tf.unstack(coefficients).map((coefficient, i) => tf.mul(values[i]!, coefficient))
  return tf.addN(shares) as tf.Tensor4D
})

/**
 * Lines 6 to 14 of Algorithm 1.
 * @param x the latent that enters step `start`; stays the caller's
 * @param keep indices of the steps to keep
 */
export function rollout<C extends Condition>(
  generator: Generator<C>,
  weights: Weights,
  plan: Plan,
  x: tf.Tensor4D,
  condition: C,
  { start, keep, path }: { start: number; keep: ReadonlySet<number>; path: BackwardPath },
): Rollout {
  const w = backwardWeights(plan, path, start)
  const kept: KeptStep[] = []
  let startOutput: tf.Tensor4D | undefined
  const predict = (x: tf.Tensor4D, t: number, index: number) => {
    const time = tf.scalar(t)
    const { guided, conditional } = generator.predict(weights, x, time, condition)
    time.dispose()
    if (index === start) startOutput = conditional
    else conditional.dispose()
    if (keep.has(index)) kept.push({ index, t, w: w[index - start]!, x: tf.clone(x) })
    return guided
  }
  const final = runPlan(plan, x, predict, { algebra: tensors, from: start })
  return { final, kept, startOutput: startOutput! }
}
