/** Watches the two terms of the generator's gradient: one that is many times the other decides alone. */

import type { StepEvent } from './events.js'

/** How many times larger counts as swamping; the prototype collapsed from 8 on. */
const limit = 8
/** Measured updates that are averaged before judging. */
const window = 10

/** A function that takes every step event and gives a warning, at most once for each term. */
export function watchBalance(): (event: StepEvent) => string | undefined {
  const ratios: number[] = []
  const warned = new Set<string>()
  return ({ gradientNorms: { adversarial, diffusion } }) => {
    if (adversarial === null || diffusion === null || adversarial === 0 || diffusion === 0) return undefined
    ratios.push(Math.log(adversarial / diffusion))
    if (ratios.length > window) ratios.shift()
    if (ratios.length < window) return undefined
    const ratio = Math.exp(ratios.reduce((sum, value) => sum + value, 0) / window)
    const [larger, times] = ratio > 1 ? ['adversarial', ratio] : ['diffusion', 1 / ratio]
    if (times < limit || warned.has(larger as string)) return undefined
    warned.add(larger as string)
    return larger === 'adversarial'
      ? `the adversarial gradient is ${times.toFixed(0)} times the diffusion term's: lower adversarialWeight or raise lambda`
      : `the diffusion gradient is ${times.toFixed(0)} times the adversarial term's: raise adversarialWeight or lower lambda`
  }
}
