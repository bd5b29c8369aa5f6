/** What Algorithm 1 draws outside of tensors: the examples of a batch, the start step, the steps with gradient. */

import { below, uniforms } from './random.js'

/** Steps of one iteration: where the run starts and which steps carry adversarial gradient. */
export interface StepChoice {
  /** Index of the start step t_s. */
  start: number
  /** Indices of the K sampled steps, 𝕊, ascending; may include the start. */
  sampled: number[]
}

/**
 * Lines 3 to 5 of Algorithm 1: s uniform over the sampler's steps, then min(K, steps left) of the steps from s on,
 * without repetition. One start for the whole batch, so that every call keeps its shape.
 */
export function chooseSteps(steps: number, K: number, seed: number, iteration: number): StepChoice {
  const random = uniforms(seed, iteration, 'start')
  const start = below(steps, random)
  const left = Array.from({ length: steps - start }, (_, k) => start + k)
  const sampled: number[] = []
  while (sampled.length < K && left.length > 0) sampled.push(...left.splice(below(left.length, random), 1))
  return { start, sampled: sampled.sort((a, b) => a - b) }
}

/**
 * The examples of an iteration: every epoch is a new order of all examples, and batches follow each other across epochs.
 * @param iteration counted from 1
 */
export function batchIndices(length: number, batch: number, seed: number, iteration: number): number[] {
  const first = (iteration - 1) * batch
  const orders = new Map<number, number[]>()
  return Array.from({ length: batch }, (_, k) => {
    const epoch = Math.floor((first + k) / length)
    const order = orders.get(epoch) ?? shuffledOrder(length, uniforms(seed, epoch, 'order'))
    orders.set(epoch, order)
    return order[(first + k) % length]!
  })
}

function shuffledOrder(length: number, random: () => number): number[] {
  const order = Array.from({ length }, (_, i) => i)
  for (let i = length - 1; i > 0; i--) {
    const j = below(i + 1, random)
    ;[order[i], order[j]] = [order[j]!, order[i]!]
  }
  return order
}
