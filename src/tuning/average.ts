/** Exponential moving averages of weights. */

import type { Weights } from '../models/index.js'
import { tf } from '../tensorflow/index.js'
import { mapWeights } from './gradients.js'

/** decay·average + (1 − decay)·weights, entry by entry. */
export function moveAverage(average: Weights, weights: Weights, decay: number): Weights {
  return mapWeights((a, w) => tf.add(tf.mul(a, decay), tf.mul(w, 1 - decay)), average, weights)
}
