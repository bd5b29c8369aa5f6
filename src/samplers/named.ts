/** Samplers by the name that options and study files use. */

import { ddim } from './ddim.js'
import { dpmSolver } from './dpmSolver.js'
import { flowEuler } from './flowEuler.js'
import type { Plan } from './plan.js'
import type { Schedule } from './schedule.js'

export const namedSamplers = { ddim, 'dpm-solver': dpmSolver, 'flow-euler': flowEuler }
export type SamplerName = keyof typeof namedSamplers

/**
 * A sampler by its name.
 * @throws RangeError when `steps` does not fit the schedule; Error when the sampler does not
 */
export function namedSampler(schedule: Schedule, name: SamplerName, steps: number): Plan {
  return namedSamplers[name](schedule, steps)
}
