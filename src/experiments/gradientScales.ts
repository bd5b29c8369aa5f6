/** Fig. A1: how much larger the gradient becomes on its way to each step along Eq. 4. Arithmetic: no trial is needed. */

import {
  cosineSchedule,
  ddim,
  dpmSolver,
  gradientScale,
  linearSchedule,
  type Schedule,
  type SchedulerConfig,
  scaledLinearSchedule,
} from '../samplers/index.js'
import type { Scale } from './study.js'

/** The curve of one sampler on one noise schedule, from noise to image. */
export interface ScaleCurve {
  method: string
  /** The network's time at each step. */
  times: number[]
  /** ∂x₀/∂x_t with the network's outputs fixed, along Eq. 4 and along Eq. 11, where it is 1. */
  drtune: number[]
  adt: number[]
}

/** As Stable Diffusion's scheduler files say. */
const config: SchedulerConfig = { timestep_spacing: 'leading', steps_offset: 1, set_alpha_to_one: false }
const schedules: Record<string, () => Schedule> = {
  linear: () => linearSchedule(undefined, undefined, config),
  'scaled linear': () => scaledLinearSchedule(undefined, undefined, config),
  cosine: () => cosineSchedule(config),
}
const steps: Record<Scale, { ddim: number; dpmSolver: number }> = {
  paper: { ddim: 50, dpmSolver: 30 },
  emoji: { ddim: 20, dpmSolver: 12 },
}

/** The curves of Fig. A1 with a scale's numbers of steps. */
export function gradientScales(scale: Scale): ScaleCurve[] {
  const samplers = { DDIM: [ddim, steps[scale].ddim], 'DPM-Solver++': [dpmSolver, steps[scale].dpmSolver] } as const
  return Object.entries(samplers).flatMap(([name, [sampler, count]]) =>
    Object.entries(schedules).map(([schedule, make]) => {
      const plan = sampler(make(), count)
      return {
        method: `${name} ${count}, ${schedule}`,
        times: plan.steps.map(({ t }) => t),
        drtune: gradientScale(plan, 'drtune'),
        adt: gradientScale(plan, 'adt'),
      }
    }),
  )
}

/** The curves at some of their steps, as text. */
export function renderScales(curves: readonly ScaleCurve[]): string {
  const shown = 5
  const lines = curves.flatMap(({ method, times, drtune }) => {
    const indices = Array.from({ length: shown }, (_, i) => Math.round((i * (times.length - 1)) / (shown - 1)))
    const points = indices.map(i => `t ${times[i]}: ${drtune[i]!.toPrecision(4)}`)
    return [`${method.padEnd(32)}${points.join('   ')}`]
  })
  return ['Fig. A1: ∂x₀/∂x_t along Eq. 4 (DRTune); along Eq. 11 (ADT) it is 1 everywhere', '', ...lines].join('\n')
}
