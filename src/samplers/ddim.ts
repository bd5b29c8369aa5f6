/** DDIM as a plan. */

import { levelAt, recoverImage, recoverNoise } from './image.js'
import type { Plan } from './plan.js'
import { refuse, type Schedule } from './schedule.js'
import { ddimTimes } from './spacing.js'

/**
 * DDIM without added noise (Song et al. 2020; Eq. A2) as a plan: x' = a·x + b·o.
 *
 * A step ends at time t − ⌊T/steps⌋, as diffusers' does, which is the next step's time for the leading spacing only.
 * @param schedule α and σ of the forward process; spacing, offset and final level are read from its configuration
 * @param steps number of network calls, 1 … number of training times
 * @throws RangeError when `steps` is out of range, Error when the configuration asks for clipping, which is not linear
 */
export function ddim(schedule: Schedule, steps: number): Plan {
  if (schedule.kind !== 'ddpm') throw new Error('ddim needs a schedule of noise prediction; use flowEuler for a flow')
  for (const field of ['clip_sample', 'thresholding']) refuse(schedule.config, field)
  const times = ddimTimes(schedule, steps)
  const stride = Math.floor(schedule.times.length / steps)
  const last = schedule.config.set_alpha_to_one === false ? levelAt(schedule, 0) : { alpha: 1, sigma: 0 }
  const endOf = (t: number) => (t >= stride ? levelAt(schedule, t - stride) : last)
  return {
    name: `DDIM-${steps}`,
    prediction: schedule.prediction,
    steps: times.map(t => {
      const [level, to] = [levelAt(schedule, t), endOf(t)]
      const image = recoverImage(schedule.prediction, level)
      const noise = recoverNoise(schedule.prediction, level)
      const own = {
        x: to.alpha * image.x + to.sigma * noise.x,
        output: to.alpha * image.output + to.sigma * noise.output,
      }
      return { t, level, own }
    }),
    end: endOf(times[steps - 1]!),
  }
}
