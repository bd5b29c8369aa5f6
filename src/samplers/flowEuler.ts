/** Euler steps along a flow as a plan. */

import type { Plan } from './plan.js'
import { type Schedule, shiftSigma } from './schedule.js'
import { checkSteps, linspace } from './spacing.js'

/** How the shift is applied. */
export interface FlowEulerOptions {
  /**
   * `diffusers` (default) shifts the smallest σ twice, once in the schedule and once in the list of steps, as
   * published numbers were made (diffusers issue 13243); `exact` shifts every σ once.
   */
  readonly shift?: 'diffusers' | 'exact'
}

/**
 * Euler's method on dx/dσ = v (Eq. 13) as a plan: x' = x + (σ' − σ)·v.
 * @param schedule a flow's schedule; its configuration holds the shift
 * @param steps number of network calls, 1 … number of training times
 * @throws RangeError when `steps` is out of range
 */
export function flowEuler(
  schedule: Schedule,
  steps: number,
  { shift: mode = 'diffusers' }: FlowEulerOptions = {},
): Plan {
  if (schedule.kind !== 'flow')
    throw new Error('flowEuler needs a flow schedule; use ddim or dpmSolver for noise prediction')
  const length = checkSteps(schedule, steps)
  const shift = schedule.config.shift ?? 1
  const smallest = mode === 'exact' ? 1 / length : schedule.sigmas[0]!
  const sigmas = linspace(1, smallest, steps).map(sigma => shiftSigma(sigma, shift))
  return {
    name: `Flow-Euler-${steps}`,
    prediction: schedule.prediction,
    steps: sigmas.map((sigma, i) => ({
      t: sigma * length,
      level: { alpha: 1 - sigma, sigma },
      own: { x: 1, output: (sigmas[i + 1] ?? 0) - sigma },
    })),
    end: { alpha: 1, sigma: 0 },
  }
}
