// Samplers as data: noise schedules, plans (DDIM, DPM-Solver++, flow-matching Euler), the loop that runs any plan, and
// the weights with which gradient reaches each step along a backward path.
// Arithmetic only, in double precision: nothing outside this folder is imported, so it runs in a browser too.

export { type BackwardPath, backwardWeights, gradientScale } from './backward.js'
export { ddim } from './ddim.js'
export { dpmSolver } from './dpmSolver.js'
export { endAt } from './endAt.js'
export { type FlowEulerOptions, flowEuler } from './flowEuler.js'
export { samplerFromConfig } from './fromConfig.js'
export { guide } from './guidance.js'
export { namedSampler, namedSamplers, type SamplerName } from './named.js'
export {
  type Algebra,
  arrays,
  type NoiseLevel,
  noised,
  type Plan,
  type PlanStep,
  type RunOptions,
  type RunStep,
  runPlan,
  startAt,
  stepThrough,
  type Term,
} from './plan.js'
export {
  cosineSchedule,
  flowSchedule,
  linearSchedule,
  type Prediction,
  type Schedule,
  type SchedulerConfig,
  scaledLinearSchedule,
  scheduleFromConfig,
} from './schedule.js'
