/**
 * The forward process x_t = α_t·x₀ + σ_t·ε, one α and σ per training time, from a diffusers `scheduler_config.json`.
 *
 * diffusers keeps its betas and their running product in float32, and published models were trained and sampled with
 * those rounded values; they are rounded in the same places here (`Math.fround`), everything after is double.
 */

/** What the network's output stands for: ε, v = α·ε − σ·x₀, or the flow's velocity ε − x₀. */
export type Prediction = 'epsilon' | 'v_prediction' | 'flow'

/** The fields of a diffusers scheduler configuration that are read here; others may be present. */
export interface SchedulerConfig {
  _class_name?: string
  num_train_timesteps?: number
  beta_start?: number
  beta_end?: number
  beta_schedule?: string
  trained_betas?: readonly number[] | null
  prediction_type?: string
  timestep_spacing?: string
  steps_offset?: number
  set_alpha_to_one?: boolean
  rescale_betas_zero_snr?: boolean
  solver_order?: number
  solver_type?: string
  lower_order_final?: boolean
  euler_at_final?: boolean
  final_sigmas_type?: string
  shift?: number
  [field: string]: unknown
}

/** The forward process: entry i of each array belongs to the i-th training time, from least to most noise. */
export interface Schedule {
  readonly kind: 'ddpm' | 'flow'
  readonly prediction: Prediction
  /** α_t, the scale of the image. */
  readonly alphas: Float64Array
  /** σ_t, the scale of the noise. */
  readonly sigmas: Float64Array
  /** The time the network is given: i for `ddpm`, 1000·σ (fractional) for `flow`. */
  readonly times: Float64Array
  /** The configuration the schedule was made from; samplers read their defaults from it. */
  readonly config: SchedulerConfig
}

const ddpmClasses = new Set([
  'DDIMScheduler',
  'DDPMScheduler',
  'DEISMultistepScheduler',
  'DPMSolverMultistepScheduler',
  'DPMSolverSinglestepScheduler',
  'EulerAncestralDiscreteScheduler',
  'EulerDiscreteScheduler',
  'HeunDiscreteScheduler',
  'LMSDiscreteScheduler',
  'PNDMScheduler',
  'UniPCMultistepScheduler',
])

/**
 * The schedule that a diffusers `scheduler_config.json` describes.
 * @param config its parsed JSON; fields that are absent take diffusers' defaults
 * @param className the scheduler's class, where the configuration does not name it
 * @throws Error naming the class or the field when it is not known
 */
export function scheduleFromConfig(
  config: SchedulerConfig,
  className = config._class_name ?? 'DDIMScheduler',
): Schedule {
  if (className === 'FlowMatchEulerDiscreteScheduler') return flowFromConfig(config)
  if (!ddpmClasses.has(className))
    throw new Error(
      `scheduler class ${className} is not known; known are ${[...ddpmClasses].join(', ')} and FlowMatchEulerDiscreteScheduler`,
    )
  return ddpmFromConfig(config)
}

/** β rising linearly from `start` to `end` (Ho et al. 2020). */
export function linearSchedule(start = 0.0001, end = 0.02, config: SchedulerConfig = {}): Schedule {
  return ddpmFromConfig({ ...config, beta_schedule: 'linear', beta_start: start, beta_end: end })
}

/** √β rising linearly (Stable Diffusion). */
export function scaledLinearSchedule(start = 0.00085, end = 0.012, config: SchedulerConfig = {}): Schedule {
  return ddpmFromConfig({ ...config, beta_schedule: 'scaled_linear', beta_start: start, beta_end: end })
}

/** The squared-cosine schedule (Nichol & Dhariwal 2021), β capped at 0.999. */
export function cosineSchedule(config: SchedulerConfig = {}): Schedule {
  return ddpmFromConfig({ ...config, beta_schedule: 'squaredcos_cap_v2' })
}

/** The straight path of flow matching, x_t = (1−σ)·x₀ + σ·ε, with σ shifted towards noise by `shift` (Esser et al. 2024). */
export function flowSchedule(shift = 1, config: SchedulerConfig = {}): Schedule {
  return flowFromConfig({ ...config, shift })
}

/** σ' = shift·σ / (1 + (shift−1)·σ). */
export function shiftSigma(sigma: number, shift: number): number {
  return (shift * sigma) / (1 + (shift - 1) * sigma)
}

function ddpmFromConfig(config: SchedulerConfig): Schedule {
  const prediction = config.prediction_type ?? 'epsilon'
  if (prediction !== 'epsilon' && prediction !== 'v_prediction') {
    throw new Error(`prediction_type ${JSON.stringify(prediction)} is not known: use "epsilon" or "v_prediction"`)
  }
  let betas = betasOf(config)
  if (config.rescale_betas_zero_snr) betas = rescaledToZeroSnr(betas)
  const products = cumulativeProduct(betas)
  return {
    kind: 'ddpm',
    prediction,
    alphas: products.map(Math.sqrt),
    sigmas: products.map(product => Math.sqrt(1 - product)),
    times: Float64Array.from(products, (_, i) => i),
    config,
  }
}

function flowFromConfig(config: SchedulerConfig): Schedule {
  const length = trainTimes(config)
  for (const field of ['use_dynamic_shifting', 'invert_sigmas', 'shift_terminal', ...sigmaRemaps]) refuse(config, field)
  const shift = config.shift ?? 1
  if (!(shift > 0)) throw new RangeError(`shift must be above 0, not ${shift}`)
  const sigmas = Float64Array.from({ length }, (_, i) => shiftSigma(Math.fround((i + 1) / length), shift))
  return {
    kind: 'flow',
    prediction: 'flow',
    alphas: sigmas.map(sigma => 1 - sigma),
    sigmas,
    times: sigmas.map(sigma => sigma * length),
    config,
  }
}

/** Fields that replace the noise levels by a list of their own. */
const sigmaRemaps = [
  'use_karras_sigmas',
  'use_exponential_sigmas',
  'use_beta_sigmas',
  'use_lu_lambdas',
  'use_flow_sigmas',
]

/** Refuses the fields that would place the steps elsewhere than on the schedule's own times. */
export function refuseSigmaRemaps(config: SchedulerConfig): void {
  for (const field of sigmaRemaps) refuse(config, field)
}

/** @throws Error when a field asks for something that no plan can express or that is not built. */
export function refuse(config: SchedulerConfig, field: string): void {
  if (config[field]) throw new Error(`${field}: ${JSON.stringify(config[field])} is not supported by this sampler`)
}

/** Number of training times, 1000 by default. */
export function trainTimes(config: SchedulerConfig): number {
  const length = config.num_train_timesteps ?? 1000
  if (!Number.isInteger(length) || length < 1 || length > 100_000) {
    throw new RangeError(`num_train_timesteps must be an integer from 1 to 100000, not ${length}`)
  }
  return length
}

function betasOf(config: SchedulerConfig): Float32Array {
  if (config.trained_betas) return trainedBetas(config.trained_betas)
  const length = trainTimes(config)
  const [start, end] = [betaEnd(config, 'beta_start', 0.0001), betaEnd(config, 'beta_end', 0.02)]
  const kind = config.beta_schedule ?? 'linear'
  switch (kind) {
    case 'linear':
      return linspaceFloat32(start, end, length)
    case 'scaled_linear':
      return linspaceFloat32(start ** 0.5, end ** 0.5, length).map(root => root * root)
    case 'squaredcos_cap_v2':
      return Float32Array.from({ length }, (_, i) =>
        Math.min(1 - cosineProduct((i + 1) / length) / cosineProduct(i / length), 0.999),
      )
    default:
      throw new Error(`beta_schedule ${JSON.stringify(kind)} is not known`)
  }
}

function betaEnd(config: SchedulerConfig, field: 'beta_start' | 'beta_end', standard: number): number {
  const beta = config[field] ?? standard
  if (!(typeof beta === 'number' && beta >= 0 && beta < 1)) {
    throw new RangeError(`${field} must be a number from 0 to 1, not ${JSON.stringify(beta)}`)
  }
  return beta
}

function trainedBetas(betas: unknown): Float32Array {
  const isList = Array.isArray(betas) && betas.length <= 100_000
  if (!isList || !betas.every(beta => typeof beta === 'number' && beta > 0 && beta < 1)) {
    throw new RangeError('trained_betas must be a list of at most 100000 numbers between 0 and 1')
  }
  return Float32Array.from(betas)
}

function cosineProduct(time: number): number {
  return Math.cos(((time + 0.008) / 1.008) * (Math.PI / 2)) ** 2
}

/** Evenly spaced float32 numbers, counted from the nearer end as torch does. */
function linspaceFloat32(start: number, end: number, length: number): Float32Array {
  if (length === 1) return Float32Array.of(start)
  const [first, last] = [Math.fround(start), Math.fround(end)]
  const step = Math.fround((last - first) / (length - 1))
  return Float32Array.from({ length }, (_, i) => (i < length / 2 ? first + step * i : last - step * (length - 1 - i)))
}

/** ∏(1 − β), the factors and the stored products rounded to float32, the running product in double. */
function cumulativeProduct(betas: Float32Array): Float64Array {
  let product = 1
  return Float64Array.from(betas, beta => {
    product *= Math.fround(1 - beta)
    return Math.fround(product)
  })
}

/** Shifts and scales √ᾱ so that the last time is pure noise (Lin et al. 2024, algorithm 1). */
function rescaledToZeroSnr(betas: Float32Array): Float32Array {
  const roots = Float32Array.from(cumulativeProduct(betas), Math.sqrt)
  const [first, last] = [roots[0]!, roots[roots.length - 1]!]
  const products = roots.map(root => Math.fround(Math.fround(root - last) * Math.fround(first / (first - last))) ** 2)
  return products.map((product, i) => 1 - (i === 0 ? product : Math.fround(product / products[i - 1]!)))
}
