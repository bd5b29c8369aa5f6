import type { Plan, PlanStep, Term } from './plan.js'

/**
 * A plan that ends early: at step `last` the network's output is taken for all that is left, so that the final latent is
 * the image x̂₀ that it predicts there.
 * @throws RangeError when `last` is no step of the plan
 */
export function endAt(plan: Plan, last: number): Plan {
  if (!Number.isInteger(last) || last < 0 || last >= plan.steps.length) {
    throw new RangeError(`the last step must be an integer from 0 to ${plan.steps.length - 1}, not ${last}`)
  }
  const { t, level } = plan.steps[last]!
  const step: PlanStep = { t, level, own: predictedImage(plan, level) }
  return { ...plan, steps: [...plan.steps.slice(0, last), step], end: { alpha: 1, sigma: 0 } }
}

/** x̂₀ from x = α·x₀ + σ·ε and the output, which is ε, α·ε − σ·x₀, or ε − x₀ (there α + σ = 1). */
function predictedImage({ prediction }: Plan, { alpha, sigma }: PlanStep['level']): Term {
  switch (prediction) {
    case 'epsilon':
      return { x: 1 / alpha, output: -sigma / alpha }
    case 'v_prediction':
      return { x: alpha, output: -sigma }
    case 'flow':
      return { x: 1, output: -sigma }
  }
}
