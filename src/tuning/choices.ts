/** What Algorithm 1 draws outside of tensors: the examples of a batch, the start step, the steps with gradient. */

import { below, uniforms } from './uniforms.js'

/** Steps of one iteration: where the run starts and ends, and which steps carry adversarial gradient. */
export interface StepChoice {
  /** Index of the start step t_s. */
  start: number
  /** Index of the last step that is run. */
  end: number
  /** Indices of the K sampled steps, 𝕊, ascending; may include the start. */
  sampled: number[]
}

/**
 * Which of a run's steps carry gradient. `uniform`: any (Algorithm 1, line 5); `last`: those next to the image (DRaFT-K);
 * `spaced`: equally apart, shifted at random (DRTune).
 */
export type Choose = 'uniform' | 'last' | 'spaced'

/**
 * Lines 3 to 5 of Algorithm 1: s uniform over the sampler's steps, then min(K, steps left) of the steps from s on,
 * without repetition. One start for the whole batch, so that every call keeps its shape.
 * @param earlyStop the run leaves out up to so many of its last steps (DRTune's early stop)
 */
export function chooseSteps(
  steps: number,
  K: number,
  seed: number,
  iteration: number,
  { choose = 'uniform', earlyStop = 0 }: { choose?: Choose; earlyStop?: number } = {},
): StepChoice {
  const random = uniforms(seed, iteration, 'start')
  const start = below(steps, random)
  const leftOut = earlyStop > 0 ? below(Math.min(earlyStop, steps - start - 1) + 1, random) : 0
  const end = steps - 1 - leftOut
  const left = Array.from({ length: end - start + 1 }, (_, k) => start + k)
  return { start, end, sampled: chooseAmong(left, Math.min(K, left.length), choose, random) }
}

/** `count` of the steps that are left, ascending. */
export function chooseAmong(left: number[], count: number, choose: Choose, random: () => number): number[] {
  switch (choose) {
    case 'uniform': {
      const sampled: number[] = []
      while (sampled.length < count) sampled.push(...left.splice(below(left.length, random), 1))
      return sampled.sort((a, b) => a - b)
    }
    case 'last':
      return left.slice(-count)
    case 'spaced': {
      const apart = left.length / count
      const shift = random() * apart
      return Array.from({ length: count }, (_, k) => left[Math.floor(shift + k * apart)]!)
    }
  }
}

/** For whom plain finetuning draws a time: each image, as is usual, or the whole batch, as Algorithm 1's L_diff has it. */
export type TimePer = 'image' | 'batch'

/** Plain finetuning's times, uniform: for each image of a batch an index among so many. */
export function chooseTimes(times: number, batch: number, seed: number, iteration: number, per: TimePer): number[] {
  const random = uniforms(seed, iteration, 'time')
  const shared = per === 'batch' ? below(times, random) : undefined
  return Array.from({ length: batch }, () => shared ?? below(times, random))
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
