/** Which of a trial's values stands for it: the last, the best so far, or the one at an iteration. */

import type { SweepTrial, SweepView } from './sweepSchema.js'

export type Measure =
  | { readonly kind: 'last' }
  | { readonly kind: 'best' }
  /** The last value up to an iteration, of trials that came so far: equal effort for all. */
  | { readonly kind: 'at'; readonly iteration: number }

/** The sweep with each trial's value chosen so. */
export function measuredBy(view: SweepView, measure: Measure): SweepView {
  if (measure.kind === 'last') return view
  const trials = view.trials.map(trial => ({
    ...trial,
    value: measure.kind === 'best' ? bestOf(trial, view.metric.better) : valueAt(trial, measure.iteration),
  }))
  return { ...view, trials }
}

function bestOf({ value, curve }: SweepTrial, better: SweepView['metric']['better']): number | null {
  const all = [...(curve?.value ?? []), value].filter(one => one !== null)
  if (all.length === 0) return null
  return all.reduce((best, one) => (better === 'lower' ? Math.min(best, one) : Math.max(best, one)))
}

function valueAt({ curve, iteration: reached }: SweepTrial, iteration: number): number | null {
  if (!curve || (reached ?? curve.iteration.at(-1) ?? 0)! < iteration) return null
  const at = curve.iteration.findLastIndex((one, i) => one !== null && one <= iteration && curve.value[i] !== null)
  return at < 0 ? null : curve.value[at]!
}

/** The last iteration that any curve has: how far `at` can be set. */
export function lastIteration({ trials }: SweepView): number {
  return trials.reduce((last, { curve }) => Math.max(last, curve?.iteration.at(-1) ?? 0), 0)
}
