/** Which weights of a network a run tunes, and what it does with the others. */

import { initLora, type Model, parametersOf, type Weights, withLora } from '../models/index.js'

/** The tuned part of a network's weights. */
export interface Tuned {
  /** where to start; tensors of the model itself, or new ones */
  start: Weights
  /** All weights of the network, given the tuned ones; within a recording, products of these. */
  whole(tuned: Weights): Weights
}

/** All parameters; constants that are saved with them stay. */
export function tuneAll({ className, config, weights }: Model): Tuned {
  const parameters = parametersOf(className, config, weights)
  const isBuffer = ([name]: [string, unknown]) => parameters[name]?.buffer === true
  const entries = Object.entries(weights)
  const buffers = Object.fromEntries(entries.filter(isBuffer))
  return {
    start: Object.fromEntries(entries.filter(entry => !isBuffer(entry))),
    whole: tuned => ({ ...tuned, ...buffers }),
  }
}

/** Low-rank changes of the attention projections. */
export function tuneLora({ weights }: Model, rank: number, seed: number): Tuned {
  return { start: initLora(weights, rank, seed), whole: tuned => withLora(weights, tuned) }
}
