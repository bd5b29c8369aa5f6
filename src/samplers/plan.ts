/**
 * A sampler as plain data, and the one loop that runs any of them.
 *
 * Every sampler of the paper is linear in the latents and the network's outputs (Eq. 3), so a step is a few numbers:
 * x' = a·x + b·o, and for a multistep solver also a share of the step before.
 */

import type { Prediction } from './schedule.js'

/** The share that one step's latent x and the network's output o there have in a next latent. */
export interface Term {
  readonly x: number
  readonly output: number
}

/** How much of the image and of the noise a latent holds: x_t = α·x₀ + σ·ε. */
export interface NoiseLevel {
  readonly alpha: number
  readonly sigma: number
}

/** One step: x' = x·(own.x) + o·(own.output), plus the step before where `previous` is there. */
export interface PlanStep {
  /** The time given to the network. */
  readonly t: number
  /** The noise level of the latent that enters the step; an image-to-image start noises its image to it. */
  readonly level: NoiseLevel
  readonly own: Term
  /** The share of the step before (multistep solvers). */
  readonly previous?: Term
  /** What `own` is when the run starts at this step and there is no step before. */
  readonly restart?: Term
}

/** A sampler with its number of steps. Plain data: it can be sent, stored and drawn. */
export interface Plan {
  readonly name: string
  readonly prediction: Prediction
  readonly steps: readonly PlanStep[]
  /** The noise level at which the run ends. */
  readonly end: NoiseLevel
}

/** The arithmetic that a latent of type X can do. */
export interface Algebra<X> {
  /** Σ coefficient·value over one or more terms. */
  combine(terms: readonly (readonly [number, X])[]): X
  /** Called once for each latent and output made during the run as soon as no later step needs it. */
  release?(value: X): void
}

/** The algebra of plain arrays, in double precision. */
export const arrays: Algebra<Float64Array> = {
  combine(terms) {
    const sum = new Float64Array(terms[0]![1].length)
    for (const [coefficient, values] of terms) for (let p = 0; p < sum.length; p++) sum[p]! += coefficient * values[p]!
    return sum
  },
}

/** How a plan is run. */
export interface RunOptions<X> {
  readonly algebra: Algebra<X>
  /** Index of the first step, 0 (from noise) by default. */
  readonly from?: number
  /** Sees every step before its latent is replaced; to keep a value longer than the call, copy it. */
  readonly onStep?: (index: number, x: X, output: X) => void
}

/**
 * Runs a sampler from a latent to the final one.
 * @param x the latent entering step `from`: noise, or an image noised to that step's level (`noised`); stays the caller's
 * @param predict the network, with guidance if any: its output at latent x and time t
 * @returns the final latent
 * @throws RangeError when `from` is no step of the plan
 */
export function runPlan<X>(
  plan: Plan,
  x: X,
  predict: (x: X, t: number, index: number) => X,
  { onStep, ...options }: RunOptions<X>,
): X {
  const run = stepThrough(plan, x, predict, options)
  try {
    for (;;) {
      const step = run.next()
      if (step.done) return step.value
      onStep?.(step.value.index, step.value.x, step.value.output)
    }
  } finally {
    run.return(x)
  }
}

/** A step of a run whose output is known and whose latent is about to be replaced. */
export interface RunStep<X> {
  readonly index: number
  readonly x: X
  readonly output: X
}

/**
 * `runPlan` one step at a time, for callers that do something else in between. Leaving early releases what the run holds.
 * @returns the final latent
 */
export function* stepThrough<X>(
  plan: Plan,
  x: X,
  predict: (x: X, t: number, index: number) => X,
  { algebra, from = 0 }: Omit<RunOptions<X>, 'onStep'>,
): Generator<RunStep<X>, X, void> {
  const { steps } = startAt(plan, from)
  const held = new Set<X>()
  const release = (value: X) => {
    if (held.delete(value)) algebra.release?.(value)
  }
  let before: { x: X; output: X } | undefined
  try {
    for (const [k, { t, own, previous }] of steps.entries()) {
      const output = predict(x, t, from + k)
      held.add(output)
      yield { index: from + k, x, output }
      const terms: [number, X][] = [
        [own.x, x],
        [own.output, output],
      ]
      if (before && previous) terms.push([previous.x, before.x], [previous.output, before.output])
      const next = algebra.combine(terms)
      held.add(next)
      if (before) {
        release(before.x)
        release(before.output)
      }
      before = { x, output }
      x = next
    }
    held.delete(x)
    return x
  } finally {
    for (const value of held) release(value)
  }
}

/**
 * The rest of a plan from step `from` on, as a plan of its own.
 * @throws RangeError when `from` is no step of the plan
 */
export function startAt(plan: Plan, from: number): Plan {
  if (!Number.isInteger(from) || from < 0 || from >= plan.steps.length) {
    throw new RangeError(`the start step must be an integer from 0 to ${plan.steps.length - 1}, not ${from}`)
  }
  const [first, ...rest] = plan.steps.slice(from) as [PlanStep, ...PlanStep[]]
  const { previous: _, restart, ...step } = first
  return { ...plan, steps: [{ ...step, own: restart ?? step.own }, ...rest] }
}

/** An image mixed with noise to the level of a plan's step: where an image-to-image run starts (Algorithm 1, line 4). */
export function noised<X>(algebra: Algebra<X>, { level }: PlanStep, image: X, noise: X): X {
  return algebra.combine([
    [level.alpha, image],
    [level.sigma, noise],
  ])
}
