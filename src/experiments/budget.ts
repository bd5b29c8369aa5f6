/**
 * How long plain finetuning runs beside ADT. Counted, not timed: a clock measures the machine and what else runs on it. The
 * unit is one evaluation of the network for one image; a gradient is taken for two more, the usual ratio.
 */

import { presets, type Settings } from '../tuning/settings.js'
import type { TrialSettings } from './settings.js'

export const budgets = ['iterations', 'updates', 'evaluations'] as const
/** What plain finetuning has as many of as ADT with the same settings. */
export type Budget = (typeof budgets)[number]

type Counted = Pick<Settings, 'K' | 'H' | 'choose' | 'earlyStop'>

const withGradient = 3

/** Plain finetuning's settings with as many iterations as the budget allows, measured on the way as often. */
export function withBudget(settings: TrialSettings, budget: Budget): TrialSettings {
  if (budget === 'iterations') return settings
  const factor = costOf({ ...settings, method: 'adt' }, budget) / costOf({ ...settings, method: 'ft' }, budget)
  return { ...settings, ...stretched(settings, factor) }
}

/** Iterations, updates of the generator or evaluations of the network (for each image) that an iteration of a trial takes. */
export function costOf({ method, preset, tuning, sampling }: TrialSettings, budget: Budget): number {
  if (budget === 'iterations') return 1
  if (method !== 'adt') return budget === 'updates' ? 1 : withGradient
  const counted: Counted = { ...presets[preset], ...tuning }
  return budget === 'updates' ? 1 / counted.H : evaluationsOfAdt(sampling.steps, sampling.guidance, counted)
}

/**
 * Evaluations of the network that an iteration of Algorithm 1 takes for each image, on average over its start steps: the
 * rollout, and every H-th time a pull-back for each step that carries gradient. With guidance each is of two rows. The
 * discriminator's network and the optional measuring of both terms' norms are not counted.
 */
export function evaluationsOfAdt(steps: number, guidance: number, { K, H, choose, earlyStop }: Counted): number {
  const rows = guidance === 1 ? 1 : 2
  let sum = 0
  for (let start = 0; start < steps; start++) {
    const left = steps - start
    const most = Math.min(earlyStop, left - 1)
    for (let leftOut = 0; leftOut <= most; leftOut++) {
      const run = left - leftOut
      const sampled = Math.min(K, run)
      const startAmongThem = choose === 'last' ? Number(run <= K) : sampled / run
      // L_diff and line 8 of Algorithm 1 take the start step's gradient too.
      const pulledBack = sampled + 1 - startAmongThem
      sum += (rows * (run + (withGradient * pulledBack) / H)) / (most + 1)
    }
  }
  return sum / steps
}

/** As many measurements; between them a whole number of iterations, to two digits where it is none, for checkpoints to fall on them. */
function stretched({ iterations, evaluateEvery }: TrialSettings, factor: number) {
  if (evaluateEvery === 0) return { iterations: Math.max(1, Math.round(iterations * factor)) }
  const exact = evaluateEvery * factor
  const every = Number.isInteger(exact) ? exact : Math.max(1, Math.round(Number(exact.toPrecision(2))))
  return { iterations: Math.round((iterations / evaluateEvery) * every), evaluateEvery: every }
}
