/** DPM-Solver++(2M) as a plan. */

import { levelAt, recoverImage } from './image.js'
import type { NoiseLevel, Plan, Term } from './plan.js'
import { refuse, refuseSigmaRemaps, type Schedule } from './schedule.js'
import { dpmSolverTimes } from './spacing.js'

/** Below this number of steps `lower_order_final` ends with a first-order step. */
const fewSteps = 15

/**
 * The multistep DPM-Solver++ of order 2 (Lu et al. 2022b), or 1 where the configuration says so, as a plan.
 *
 * The solver extrapolates the predicted image x̂₀ = (x − σ·ε)/α over the last two steps, so a step takes shares of its
 * own and the previous step's latent and output. The first step of any run, and the last where the final noise level
 * is zero, is of order 1.
 * @param schedule α and σ of the forward process; spacing and solver settings are read from its configuration
 * @param steps number of network calls, 1 … number of training times − 1
 * @throws RangeError when `steps` is out of range, Error when the configuration asks for another solver
 */
export function dpmSolver(schedule: Schedule, steps: number): Plan {
  if (schedule.kind !== 'ddpm')
    throw new Error('dpmSolver needs a schedule of noise prediction; use flowEuler for a flow')
  const { solver_order: order = 2, final_sigmas_type: final = 'zero', ...config } = schedule.config
  checkConfig(schedule)
  const times = dpmSolverTimes(schedule, steps)
  const end: NoiseLevel = final === 'zero' ? { alpha: 1, sigma: 0 } : levelAt(schedule, 0)
  const levels = [...times.map(t => withSomeImage(levelAt(schedule, t))), end]
  const lowerLast =
    final === 'zero' || config.euler_at_final === true || (config.lower_order_final !== false && steps < fewSteps)
  const images = levels.map(level => recoverImage(schedule.prediction, level))
  return {
    name: `DPM-Solver++-${steps}`,
    prediction: schedule.prediction,
    steps: times.map((t, i) => {
      const [level, to] = [levels[i]!, levels[i + 1]!]
      const first = combine(level, to, images[i]!, 1)
      if (order === 1 || i === 0 || (i === steps - 1 && lowerLast)) return { t, level, own: first }
      const share = previousShare(levels[i - 1]!, level, to, config.solver_type ?? 'midpoint')
      const weight = imageWeight(level, to)
      return {
        t,
        level,
        own: combine(level, to, images[i]!, 1 + share),
        previous: { x: -weight * share * images[i - 1]!.x, output: -weight * share * images[i - 1]!.output },
        restart: first,
      }
    }),
    end,
  }
}

/** ln(α/σ) needs α > 0, so a time without any image is given a little, ᾱ = 2⁻²⁴ as in diffusers. */
function withSomeImage(level: NoiseLevel): NoiseLevel {
  return level.alpha > 0 ? level : { alpha: 2 ** -12, sigma: Math.sqrt(1 - 2 ** -24) }
}

/** x' = (σ'/σ)·x + weight·share·x̂₀ in terms of x and the output. */
function combine(level: NoiseLevel, to: NoiseLevel, image: Term, share: number): Term {
  const weight = imageWeight(level, to) * share
  return { x: to.sigma / level.sigma + weight * image.x, output: weight * image.output }
}

/** α'·(1 − e^(−h)), h the step in λ = ln(α/σ). */
function imageWeight(level: NoiseLevel, to: NoiseLevel): number {
  return -to.alpha * Math.expm1(lambda(level) - lambda(to))
}

/** How far the image is extrapolated: x̂₀ + share·(x̂₀ − previous x̂₀). */
function previousShare(before: NoiseLevel, level: NoiseLevel, to: NoiseLevel, type: string): number {
  const h = lambda(to) - lambda(level)
  const ratio = (lambda(level) - lambda(before)) / h
  if (type === 'midpoint') return 1 / (2 * ratio)
  return (Math.expm1(-h) / h + 1) / -Math.expm1(-h) / ratio
}

/** Half the log signal-to-noise ratio; +∞ without noise. */
function lambda({ alpha, sigma }: NoiseLevel): number {
  return Math.log(alpha / sigma)
}

function checkConfig({ config }: Schedule): void {
  const allowed: Record<string, unknown[]> = {
    algorithm_type: ['dpmsolver++'],
    solver_order: [1, 2],
    solver_type: ['midpoint', 'heun'],
    final_sigmas_type: ['zero', 'sigma_min'],
  }
  for (const [field, values] of Object.entries(allowed)) {
    if (config[field] !== undefined && !values.includes(config[field])) {
      throw new Error(`${field}: ${JSON.stringify(config[field])} is not supported: use ${values.join(' or ')}`)
    }
  }
  refuse(config, 'thresholding')
  refuseSigmaRemaps(config)
}
