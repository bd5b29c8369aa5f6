/** The gradient-scale view (Fig. A1) from samplers. */

import { type BackwardPath, backwardWeights, gradientScale, type Plan, startAt } from '../samplers/index.js'
import { compact } from './format.js'
import { type GradientScaleView, viewVersion } from './schema.js'

/** A sampler to draw, with the words under which it is drawn. */
export interface LabelledSampler {
  readonly sampler: Plan
  /** The plan's own name by default. */
  readonly label?: string
  /** The noise schedule's name, where several are compared. */
  readonly schedule?: string
}

export interface GradientScaleOptions {
  readonly title?: string
  /** Logarithmic by default: DRTune's curve spans orders of magnitude. */
  readonly scale?: 'log' | 'linear'
  /** Index of the first step of the run, 0 by default. */
  readonly start?: number
}

/**
 * How much gradient reaches each step of each sampler along each backward path.
 * @throws RangeError when no sampler or no path is given, or `start` is no step of a sampler
 */
export function gradientScaleView(
  samplers: readonly LabelledSampler[],
  paths: readonly BackwardPath[],
  { title, scale = 'log', start = 0 }: GradientScaleOptions = {},
): GradientScaleView {
  if (samplers.length === 0 || paths.length === 0) throw new RangeError('give at least one sampler and one path')
  for (const path of paths) {
    if (path !== 'adt' && path !== 'drtune') throw new RangeError(`path must be 'adt' or 'drtune', not '${path}'`)
  }
  const curves = samplers.flatMap(({ sampler, label = sampler.name, schedule }) =>
    paths.map(path => {
      const { steps } = startAt(sampler, start)
      return {
        sampler: label,
        ...(schedule === undefined ? {} : { schedule }),
        path,
        t: steps.map(step => Number(step.t.toPrecision(6))),
        gain: gradientScale(sampler, path, start).map(compact),
        a: steps.map(step => compact(step.own.x)),
        b: steps.map(step => compact(step.own.output)),
        w: backwardWeights(sampler, path, start).map(compact),
      }
    }),
  )
  return { version: viewVersion, view: 'gradient-scale', ...(title ? { title } : {}), scale, curves }
}
