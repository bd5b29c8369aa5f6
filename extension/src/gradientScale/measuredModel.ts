/** Theory and practice: the weight of each step as the plan gives it, and the gradient norm that training measured. */

import type { NumbersTable } from '../../../src/views/numbers.js'
import { cellsOf, type StepNorms } from '../../../src/views/stepNorms.js'
import { trans } from '../../../src/views/words.js'

/** How the measured norms follow the weights: norm = factor · |w|, to within `spread` (a factor) from step to step. */
export interface Fit {
  readonly factor: number
  readonly spread: number
}

/** The fit in logarithms, over the steps that have both. */
export function fitOf({ w, mean }: StepNorms): Fit | undefined {
  const ratios = mean.flatMap((norm, i) => {
    const weight = Math.abs(w[i] ?? 0)
    return norm !== null && norm > 0 && weight > 0 ? [Math.log(norm / weight)] : []
  })
  if (ratios.length === 0) return undefined
  const middle = ratios.reduce((sum, ratio) => sum + ratio, 0) / ratios.length
  const variance = ratios.reduce((sum, ratio) => sum + (ratio - middle) ** 2, 0) / ratios.length
  return { factor: Math.exp(middle), spread: Math.exp(Math.sqrt(variance)) }
}

/** The mean norm of every step in every stretch of iterations: [steps][columns], as powers of ten. */
export function exponentsOf(norms: StepNorms): (number | null)[][] {
  return cellsOf(norms).map(row => row.map(norm => (norm === null ? null : Math.log10(norm))))
}

export function measuredTable(norms: StepNorms): NumbersTable {
  const { step, t, w, mean, low, high, count } = norms
  return {
    head: [
      trans.__('step'),
      't',
      'w',
      trans.__('mean norm'),
      trans.__('10th percentile'),
      trans.__('90th percentile'),
      trans.__('measured'),
    ],
    body: step.map((at, i) => [at + 1, t[i], w[i], mean[i], low[i], high[i], count[i]]),
  }
}
