/** Line 21 of Algorithm 1: one AdamW step on a gradient, and the average moved after it. */

import type { Weights } from '../models/index.js'
import { jit, tf } from '../tensorflow/index.js'
import { type AdamwSettings, adamw } from './adamw.js'
import { moveAverage } from './average.js'
import { globalNorm, mapWeights } from './gradients.js'
import type { GeneratorState } from './state.js'

export interface GeneratorStep {
  state: GeneratorState
  gradientNorm: tf.Scalar
  changeNorm: tf.Scalar
}

export interface Update {
  /**
   * The state after a step. The old one and the gradients are freed on the way, some weights at a time, so that of a large
   * network's four records no second copy is ever whole.
   */
  (state: GeneratorState, gradients: Weights, numbers: tf.Tensor1D): GeneratorStep
  /** Compiles it. Frees nothing. */
  ready(state: GeneratorState, gradients: Weights, numbers: tf.Tensor1D): Promise<void>
}

/**
 * @param averageDecay of the weights' average; at 0 that is the weights themselves, and takes no memory
 * @param together so many bytes of weights are updated in one call
 */
export function createUpdate(optimizer: AdamwSettings, averageDecay: number, together = 2 ** 30): Update {
  const averages = averageDecay > 0
  const norm = jit(globalNorm)
  const updateSome = jit(
    (
      { weights, average, moments }: Omit<GeneratorState, 'average'> & { average?: Weights },
      gradients: Weights,
      numbers: tf.Tensor1D,
      gradientNorm: tf.Scalar,
    ) => {
      const next = adamw(weights, moments, gradients, numbers, optimizer, gradientNorm)
      return {
        weights: next.weights,
        ...(average && { average: moveAverage(average, next.weights, averageDecay) }),
        moments: next.moments,
        changeNorm: next.changeNorm,
      }
    },
  )
  const some = ({ weights, average, moments }: GeneratorState, names: readonly string[]) => ({
    weights: pick(weights, names),
    ...(averages && { average: pick(average, names) }),
    moments: { mean: pick(moments.mean, names), square: pick(moments.square, names) },
  })

  const update = (state: GeneratorState, gradients: Weights, numbers: tf.Tensor1D): GeneratorStep => {
    const gradientNorm = norm(gradients)
    const next: GeneratorState = { weights: {}, average: {}, moments: { mean: {}, square: {} } }
    const changeNorms: Weights = {}
    for (const [index, names] of groups(state.weights, together).entries()) {
      const [old, ofThese] = [some(state, names), pick(gradients, names)]
      const { weights, average, moments, changeNorm } = updateSome(old, ofThese, numbers, gradientNorm)
      tf.dispose([old, ofThese, averages ? [] : pick(state.average, names)] as unknown as tf.TensorContainer)
      Object.assign(next.weights, weights)
      Object.assign(next.average, average ?? mapWeights(tf.clone, weights))
      Object.assign(next.moments.mean, moments.mean)
      Object.assign(next.moments.square, moments.square)
      changeNorms[index] = changeNorm
    }
    // In the order that they came in: in another, jitted functions would be recorded and compiled anew.
    const names = Object.keys(state.weights)
    const ordered = { ...some(next, names), average: pick(next.average, names) }
    return { state: ordered, gradientNorm, changeNorm: norm(changeNorms) }
  }
  const ready = async (state: GeneratorState, gradients: Weights, numbers: tf.Tensor1D) => {
    // One after the other: what they give, together, is as much as the state.
    const held = tf.keep(tf.clone(numbers))
    const length = tf.keep(tf.scalar(1))
    try {
      await norm.ready(gradients)
      for (const names of groups(state.weights, together))
        await updateSome.ready(some(state, names), pick(gradients, names), held, length)
    } finally {
      tf.dispose([held, length])
    }
  }
  return Object.assign(update, { ready })
}

const pick = (weights: Weights, names: readonly string[]): Weights =>
  Object.fromEntries(names.map(name => [name, weights[name]!]))

/** The weights' names in groups of at most so many bytes, or of one weight that is larger, in an order that is the same when a run goes on from a file. */
function groups(weights: Weights, together: number): string[][] {
  const found: string[][] = [[]]
  let bytes = 0
  for (const name of Object.keys(weights).sort()) {
    const size = 4 * weights[name]!.size
    if (bytes > 0 && bytes + size > together) {
      found.push([])
      bytes = 0
    }
    found.at(-1)!.push(name)
    bytes += size
  }
  return found
}
