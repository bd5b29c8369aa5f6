/** What an output says about the image and the noise in a latent. */

import type { NoiseLevel, Term } from './plan.js'
import type { Prediction, Schedule } from './schedule.js'

/** The noise level at a training time. */
export function levelAt(schedule: Schedule, t: number): NoiseLevel {
  return { alpha: schedule.alphas[t]!, sigma: schedule.sigmas[t]! }
}

/**
 * The predicted image x̂₀ as shares of the latent and the output.
 * @throws RangeError where the latent holds no image (α = 0), from which a noise prediction cannot recover one
 */
export function recoverImage(prediction: Prediction, { alpha, sigma }: NoiseLevel): Term {
  if (prediction === 'v_prediction') return { x: alpha, output: -sigma }
  if (alpha === 0) throw new RangeError('prediction_type "epsilon" cannot start at a time without any image (α = 0)')
  return { x: 1 / alpha, output: -sigma / alpha }
}

/** The predicted noise ε̂ as shares of the latent and the output. */
export function recoverNoise(prediction: Prediction, { alpha, sigma }: NoiseLevel): Term {
  if (prediction === 'v_prediction') return { x: sigma, output: alpha }
  return { x: 0, output: 1 }
}
