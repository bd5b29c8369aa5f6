/** What an iteration changes: with the settings and the iteration's number, all that a run needs to go on. */

import { createDiscriminator, type DiscriminatorWeights, trainableNames } from '../discriminator/index.js'
import type { Weights } from '../models/index.js'
import { tf } from '../tensorflow/index.js'
import { type Moments, zeroMoments } from './adamw.js'
import { mapWeights } from './gradients.js'
import { scope } from './scope.js'
import type { Settings } from './settings.js'

/** The generator, its average and its optimizer. */
export interface GeneratorState {
  weights: Weights
  /** Exponential average of the weights. */
  average: Weights
  moments: Moments
}

export interface TuneState {
  generator: GeneratorState
  /** Plain finetuning has none. */
  discriminator?: DiscriminatorState
}

export interface DiscriminatorState {
  weights: DiscriminatorWeights
  moments: Moments
}

/** The state before the first iteration. The weights given stay the caller's. */
export function initialState(weights: Weights, { method, features, discriminator, seed }: Settings): TuneState {
  return scope((): TuneState => {
    const generator = {
      weights: mapWeights(tf.clone, weights),
      average: mapWeights(tf.clone, weights),
      moments: zeroMoments(weights),
    }
    if (method === 'ft') return { generator }
    const { weights: heads } = createDiscriminator(discriminator, features!, seed)
    return { generator, discriminator: { weights: heads, moments: zeroMoments(trainable(heads.online)) } }
  })
}

/** The part of the heads that an optimizer trains. */
export function trainable(online: Weights): Weights {
  return Object.fromEntries(trainableNames(online).map(name => [name, online[name]!]))
}

/** Frees the tensors of a state that the next one does not hold any more. */
export function disposeReplaced(state: TuneState, next: TuneState): void {
  const held = new Set(tensorsOf(next).map(({ id }) => id))
  for (const tensor of tensorsOf(state)) if (!held.has(tensor.id)) tensor.dispose()
}

function tensorsOf(tree: object): tf.Tensor[] {
  return Object.values(tree).flatMap(value => (value instanceof tf.Tensor ? [value] : tensorsOf(value as object)))
}
