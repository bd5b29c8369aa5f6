/**
 * How much gradient reaches each step: scalar reverse-mode differentiation of a plan, no network involved.
 *
 * Both paths cut the gradient at the network's input, so ∂x_final/∂o_i is one number per step (o_i: the output at step i).
 * DRTune (Eq. 4) lets the latents carry gradient with the sampler's own coefficients; ADT (Eq. 11) lets them carry it
 * unchanged: the coefficient of x counts as 1, and latents kept by a multistep solver carry none.
 */

import { type Plan, startAt } from './plan.js'

/** Which latents carry gradient, and how much: Eq. 11 or Eq. 4. */
export type BackwardPath = 'adt' | 'drtune'

/**
 * w_i = ∂x_final/∂o_i of the run from step `start`; entry k belongs to step start + k.
 * @throws RangeError when `start` is no step of the plan
 */
export function backwardWeights(plan: Plan, path: BackwardPath, start = 0): number[] {
  return reverse(plan, path, start).weights
}

/**
 * ∂x_final/∂x_i of the run from step `start` with all outputs fixed: the curve of Fig. A1 for `drtune`, ones for `adt`.
 * @throws RangeError when `start` is no step of the plan
 */
export function gradientScale(plan: Plan, path: BackwardPath, start = 0): number[] {
  return reverse(plan, path, start).scales
}

function reverse(plan: Plan, path: BackwardPath, start: number): { weights: number[]; scales: number[] } {
  const { steps } = startAt(plan, start)
  const weights = steps.map(() => 0)
  const scales = [...weights, 1]
  for (let i = steps.length - 1; i >= 0; i--) {
    const { own, previous } = steps[i]!
    const gradient = scales[i + 1]!
    weights[i]! += own.output * gradient
    scales[i]! += (path === 'adt' ? 1 : own.x) * gradient
    if (i === 0 || !previous) continue
    weights[i - 1]! += previous.output * gradient
    if (path === 'drtune') scales[i - 1]! += previous.x * gradient
  }
  return { weights, scales: scales.slice(0, -1) }
}
