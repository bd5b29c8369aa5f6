/** The generator's two compiled calls: its output at a latent, and the pull-back of a cotangent to its weights. */

import { inParts } from '../models/parts.js'
import type { Weights } from '../models/weights.js'
import { type JitOptions, type Jitted, jit, tf } from '../tensorflow/index.js'
import { globalNorm, gradientsOf, mapWeights } from './gradients.js'

/** What a network is conditioned on: tensors whose first axis is the batch, alone or in lists and records. */
export type Condition = tf.Tensor | readonly Condition[] | { readonly [name: string]: Condition }

/**
 * A network as a pure function: its output at latents x [B,H,W,C] and times t, [B] or one for all [1]. With guidance the
 * condition has 2B rows, unconditional then conditional: x then stands for both halves, and there are 2B rows of output.
 * So what does not depend on the condition can be computed once. No row depends on another: a batch may come in parts.
 */
export type Network<C extends Condition> = (
  weights: Weights,
  x: tf.Tensor4D,
  t: tf.Tensor1D,
  condition: C,
) => tf.Tensor4D

/** A network's output with guidance, and that of the conditional half alone, which L_diff is about. */
export interface Prediction {
  guided: tf.Tensor4D
  conditional: tf.Tensor4D
}

/** Accumulated gradient, and the norm of what the last pull-back added. */
export interface PulledBack {
  sum: Weights
  norm: tf.Scalar
}

export interface Generator<C extends Condition> {
  /** Guidance scale γ; 1 is the conditional output alone. */
  readonly guidance: number
  /** condition: of 2B rows, unconditional then conditional; of B rows when γ = 1 */
  predict: (weights: Weights, x: tf.Tensor4D, t: tf.Scalar, condition: C) => Prediction
  /**
   * One vector-Jacobian product of the network, whose input carries no gradient.
   *
   * cotangent: ∂L/∂(guided output), of which (1 − γ) goes to the unconditional half and γ to the conditional one, and
   * ∂L/∂(conditional output) on top of that; sum: to which the gradient is added
   */
  pullBack: (
    weights: Weights,
    x: tf.Tensor4D,
    t: tf.Scalar,
    condition: C,
    cotangent: Prediction,
    sum: Weights,
  ) => PulledBack
}

type Compiled<F> = F extends (...args: infer A) => infer R ? Jitted<A, R> : F
type CompiledGenerator<C extends Condition> = { [name in keyof Generator<C>]: Compiled<Generator<C>[name]> }

/** Compiles the calls of a network with guidance. */
export function createGenerator<C extends Condition>(
  network: Network<C>,
  guidance: number,
  given: JitOptions = {},
): CompiledGenerator<C> {
  const options: JitOptions = { parallel: 'across', ...given }
  const both = guidance !== 1
  const run = (weights: Weights, x: tf.Tensor4D, t: tf.Scalar, condition: C) =>
    inParts(x, condition, (x, condition) => network(weights, x, tf.reshape(t, [1]), condition))
  return {
    guidance,
    predict: jit((weights: Weights, x: tf.Tensor4D, t: tf.Scalar, condition: C) => {
      const output = run(weights, x, t, condition)
      if (!both) return { guided: output, conditional: tf.clone(output) }
      const [unconditional, conditional] = tf.split(output, 2) as [tf.Tensor4D, tf.Tensor4D]
      const guided = tf.add(tf.mul(unconditional, 1 - guidance), tf.mul(conditional, guidance)) as tf.Tensor4D
      return { guided, conditional }
    }, options),
    pullBack: jit(
      (weights: Weights, x: tf.Tensor4D, t: tf.Scalar, condition: C, cotangent: Prediction, sum: Weights) => {
        const toConditional = tf.add(tf.mul(cotangent.guided, guidance), cotangent.conditional) as tf.Tensor4D
        const toOutput = both ? tf.concat([tf.mul(cotangent.guided, 1 - guidance), toConditional]) : toConditional
        const { gradients } = gradientsOf(() => run(weights, x, t, condition), weights, toOutput as tf.Tensor4D)
        return { sum: mapWeights((a, b) => tf.add(a, b), sum, gradients), norm: globalNorm(gradients) }
      },
      options,
    ),
  }
}
