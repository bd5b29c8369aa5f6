/** Plain finetuning, the baseline: L_diff on times drawn uniformly, with captions left out now and then. */

import type { Weights } from '../models/index.js'
import type { Plan } from '../samplers/index.js'
import { jit, randomNormal, tf } from '../tensorflow/index.js'
import { adamwNumbers } from './adamw.js'
import { chooseTimes } from './choices.js'
import { diffusionLoss, diffusionTarget } from './diffusionLoss.js'
import type { Condition } from './generator.js'
import { gradientsOf } from './gradients.js'
import { keyFor } from './random.js'
import type { Settings } from './settings.js'
import { cleanOf, type Iterate, optimizerOf, rateAt, type Tunable } from './trainer.js'
import { uniforms } from './uniforms.js'
import { createUpdate } from './update.js'

/** Compiles plain finetuning for a network and settings. */
export function createFt<C extends Condition>(
  { network, schedule, encode, codec }: Tunable<C>,
  settings: Settings,
): Iterate {
  const { seed, reduction, average, captionDropout, timePer, precision } = settings
  const { times, alphas, sigmas } = settings.timesOf === 'sampler' ? levelsOf(settings.sampler) : schedule
  const optimizer = optimizerOf(settings, 'generator')
  const update = createUpdate(optimizer, average)
  const step = jit(
    (
      weights: Weights,
      clean: tf.Tensor4D,
      noise: tf.Tensor4D,
      level: { alpha: tf.Tensor4D; sigma: tf.Tensor4D },
      t: tf.Tensor1D,
      condition: C,
    ) => {
      const x = tf.add(tf.mul(clean, level.alpha), tf.mul(noise, level.sigma)) as tf.Tensor4D
      const target = diffusionTarget(schedule.prediction, level, clean, noise)
      const loss = () => diffusionLoss(network(weights, x, t, condition), target, reduction)
      return gradientsOf(loss, weights)
    },
    { precision },
  )

  return (state, iteration, batch, values) => {
    const { captions } = batch
    const indices = chooseTimes(times.length, captions.length, seed, iteration, timePer)
    const column = (values: ArrayLike<number>) =>
      tf.tensor4d(
        indices.map(i => values[i]!),
        [indices.length, 1, 1, 1],
      )
    const drop = uniforms(seed, iteration, 'dropout')
    const rate = rateAt(settings, values, 'generator', iteration)
    const clean = cleanOf(batch, codec)
    const { value, gradients } = step(
      state.generator.weights,
      clean,
      randomNormal(clean.shape, keyFor(seed, iteration, 'noise')) as tf.Tensor4D,
      { alpha: column(alphas), sigma: column(sigmas) },
      tf.tensor1d(indices.map(i => times[i]!)),
      encode(
        captions.map(caption => (drop() < captionDropout ? '' : caption)),
        batch.frames,
      ),
    )
    const next = update(state.generator, gradients, adamwNumbers(rate, iteration, optimizer))
    return {
      state: { generator: next.state },
      measured: {
        tensors: {
          diffusion: value,
          gradient: next.gradientNorm,
          diffusionNorm: next.gradientNorm,
          generatorChange: next.changeNorm,
        },
        steps: [],
        blocks: [],
      },
    }
  }
}

/** The times of a sampler's steps, with their noise levels. */
function levelsOf({ steps }: Plan) {
  return {
    times: steps.map(({ t }) => t),
    alphas: steps.map(({ level }) => level.alpha),
    sigmas: steps.map(({ level }) => level.sigma),
  }
}
