/** The discriminator's compiled calls of an iteration: its step, and its judgement of the generator. */

import {
  type DiscriminatorConfig,
  discriminatorGradients,
  type FeatureNetwork,
  generatorGradient,
  type ImagePairs,
  updateTwin,
} from '../discriminator/index.js'
import type { Weights } from '../models/index.js'
import { type JitOptions, jit, tf } from '../tensorflow/index.js'
import { type AdamwSettings, adamw } from './adamw.js'
import { type DiscriminatorState, trainable } from './state.js'

export interface DiscriminatorStep {
  state: DiscriminatorState
  loss: tf.Scalar
  /** [batch, heads] */
  real: tf.Tensor2D
  fake: tf.Tensor2D
  changeNorm: tf.Scalar
}

/** What the generator hears of the discriminator: L_adv with its weight, and ∂(weight·L_adv)/∂x̂₀. */
export interface Judgement {
  loss: tf.Scalar
  gradient: tf.Tensor4D
}

export interface DiscriminatorCalls {
  /** Lines 16 to 18 of Algorithm 1: the update of heads and predictors (Eq. 9), then of the twins. */
  step(state: DiscriminatorState, images: ImagePairs, key: tf.Tensor1D, numbers: tf.Tensor1D): DiscriminatorStep
  /** The first line of Eq. 8 and its gradient by the generated images. */
  judge(state: DiscriminatorState, images: ImagePairs, key: tf.Tensor1D): Judgement
  /** Compiles both side by side. */
  ready(state: DiscriminatorState, images: ImagePairs, key: tf.Tensor1D, numbers: tf.Tensor1D): Promise<unknown>
}

/** @param adversarialWeight by which L_adv's gradient is multiplied; the loss is given without it */
export function createDiscriminatorCalls(
  config: DiscriminatorConfig,
  features: FeatureNetwork,
  optimizer: AdamwSettings,
  adversarialWeight: number,
  options: JitOptions = {},
): DiscriminatorCalls {
  const withFeatures = (weights: Weights) => ({ config, features: { config: features.config, weights } })
  const step = jit(
    (
      featureWeights: Weights,
      { weights, moments }: DiscriminatorState,
      images: ImagePairs,
      key: tf.Tensor1D,
      numbers: tf.Tensor1D,
    ): DiscriminatorStep => {
      const judged = discriminatorGradients(withFeatures(featureWeights), weights, images, key)
      const next = adamw(trainable(weights.online), moments, judged.gradients, numbers, optimizer)
      const online = { ...weights.online, ...judged.buffers, ...next.weights }
      return {
        state: { weights: { online, twin: updateTwin(weights.twin, online, config.tau) }, moments: next.moments },
        loss: judged.loss,
        real: judged.real,
        fake: judged.generated,
        changeNorm: next.changeNorm,
      }
    },
    options,
  )
  const judge = jit(
    (featureWeights: Weights, { weights }: Pick<DiscriminatorState, 'weights'>, images: ImagePairs, key: tf.Tensor1D) =>
      generatorGradient(withFeatures(featureWeights), weights, images, key),
    options,
  )
  return {
    step: (state, images, key, numbers) => step(features.weights, state, images, key, numbers),
    judge: ({ weights }, images, key) => {
      const { loss, gradient } = judge(features.weights, { weights }, images, key)
      // Not within the compiled call: a sweep over weights would compile it for each.
      const weighted = tf.mul(gradient, adversarialWeight) as tf.Tensor4D
      gradient.dispose()
      return { loss, gradient: weighted }
    },
    ready: (state, images, key, numbers) =>
      Promise.all([
        step.ready(features.weights, state, images, key, numbers),
        judge.ready(features.weights, { weights: state.weights }, images, key),
      ]),
  }
}
