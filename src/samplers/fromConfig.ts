/** The sampler that a diffusers folder names in its `scheduler_config.json`. */

import { ddim } from './ddim.js'
import { dpmSolver } from './dpmSolver.js'
import { flowEuler } from './flowEuler.js'
import type { Plan } from './plan.js'
import { type Schedule, type SchedulerConfig, scheduleFromConfig } from './schedule.js'

const samplers: Record<string, (schedule: Schedule, steps: number) => Plan> = {
  DDIMScheduler: ddim,
  DPMSolverMultistepScheduler: dpmSolver,
  FlowMatchEulerDiscreteScheduler: flowEuler,
}

/**
 * The plan of a diffusers scheduler.
 * @param config the parsed `scheduler_config.json`
 * @param steps number of network calls
 * @param className the scheduler's class, where the configuration does not name it
 * @throws Error naming the class when it has no plan here; RangeError when `steps` is out of range
 */
export function samplerFromConfig(config: SchedulerConfig, steps: number, className = config._class_name): Plan {
  const sampler = samplers[className ?? '']
  if (!sampler) {
    const known = Object.keys(samplers).join(', ')
    throw new Error(`scheduler class ${className ?? '(none given)'} has no sampler here: known are ${known}`)
  }
  return sampler(scheduleFromConfig(config, className), steps)
}
