/** The gradient norms that training measured for each sampler step, as a table of step × iteration that can be drawn. */

import * as z from 'zod'
import { list, value, values } from './fields.js'
import { compact } from './format.js'
import { groupsOf, pack, packed, unpack } from './packed.js'

const mostSteps = 256
const mostColumns = 120
/** An iteration measures a few of the steps: columns hold so many that most cells have a norm. */
const fewColumns = 24
const perCell = 1.5

/** One measurement: how much of a step's gradient an iteration had; w is the step's backward-path weight. */
export interface MeasuredStep {
  readonly step: number
  readonly t: number
  readonly w: number
  readonly norm: number
}

export interface MeasuredMoment {
  readonly iteration: number
  readonly steps: readonly MeasuredStep[]
}

export const stepNorms = z
  .object({
    /** Entry i of these belongs to the i-th of the measured steps, from noise to image; `step` counts from 0. */
    step: list(z.int().min(0), mostSteps),
    t: list(z.number(), mostSteps),
    /** As training used it. */
    w: values,
    /** The norms' mean, and the tenth and the ninetieth of a hundred. */
    mean: values,
    low: values,
    high: values,
    count: list(z.int().min(0), mostSteps),
    /** The first iteration of each column, and the last of the last. */
    iteration: list(z.number(), mostColumns),
    until: z.number(),
    /** [steps][columns]: 0 where nothing was measured, else 1 … 255 from `least` to `greatest` on a log scale. */
    cells: packed,
    least: value,
    greatest: value,
  })
  .refine(
    ({ step, ...rows }) =>
      [rows.t, rows.w, rows.mean, rows.low, rows.high, rows.count].every(row => row.length === step.length),
    {
      error: 'step, t, w, mean, low, high and count must be equally long',
    },
  )
  .refine(({ step, iteration, cells }) => Math.ceil((step.length * iteration.length) / 3) * 4 === cells.length, {
    error: 'cells must hold a byte for each step and column',
  })

export type StepNorms = z.infer<typeof stepNorms>

/** @returns undefined where no moment has a norm above 0 */
export function stepNormsOf(moments: readonly MeasuredMoment[]): StepNorms | undefined {
  const rows = new Map<number, { t: number; w: number; norms: number[] }>()
  for (const { steps } of moments) {
    for (const { step, t, w, norm } of steps) {
      if (!(norm > 0 && Number.isFinite(norm))) continue
      const row = rows.get(step)
      if (row) {
        row.norms.push(norm)
        row.w = w
      } else rows.set(step, { t, w, norms: [norm] })
    }
  }
  const order = [...rows.keys()].sort((a, b) => a - b).slice(0, mostSteps)
  if (order.length === 0) return undefined
  const place = new Map(order.map((step, r) => [step, r]))
  const measured = moments.filter(({ steps }) => steps.some(({ step }) => place.has(step)))
  const total = order.reduce((sum, step) => sum + rows.get(step)!.norms.length, 0)
  const filled = Math.floor(total / order.length / perCell)
  const bounds = groupsOf(measured.length, Math.min(mostColumns, Math.max(fewColumns, filled)))
  const columns = bounds.length - 1
  const sums = new Float64Array(order.length * columns)
  const counts = new Uint32Array(sums.length)
  for (let c = 0; c < columns; c++) {
    for (const { steps } of measured.slice(bounds[c], bounds[c + 1])) {
      for (const { step, norm } of steps) {
        const r = place.get(step)
        if (r === undefined || !(norm > 0 && Number.isFinite(norm))) continue
        sums[r * columns + c]! += norm
        counts[r * columns + c]!++
      }
    }
  }
  const means = sums.map((sum, i) => (counts[i] ? sum / counts[i]! : 0))
  const [least, greatest] = [Math.min(...means.filter(mean => mean > 0)), Math.max(...means)]
  const sorted = order.map(step => rows.get(step)!.norms.sort((a, b) => a - b))
  return {
    step: order,
    t: order.map(step => compact(rows.get(step)!.t) ?? 0),
    w: order.map(step => compact(rows.get(step)!.w)),
    mean: sorted.map(norms => compact(norms.reduce((sum, norm) => sum + norm, 0) / norms.length)),
    low: sorted.map(norms => compact(quantile(norms, 0.1))),
    high: sorted.map(norms => compact(quantile(norms, 0.9))),
    count: sorted.map(norms => norms.length),
    iteration: bounds.slice(0, -1).map(at => measured[at]!.iteration),
    until: measured[measured.length - 1]!.iteration,
    cells: pack(Uint8Array.from(means, mean => codeOf(mean, least, greatest))),
    least: compact(least),
    greatest: compact(greatest),
  }
}

/** The table again: a row for each step, null where nothing was measured. */
export function cellsOf({ cells, step, iteration, least, greatest }: StepNorms): (number | null)[][] {
  const codes = unpack(cells)
  const span = Math.log((greatest ?? 1) / (least ?? 1))
  const normOf = (code: number) => (code === 0 ? null : (least ?? 1) * Math.exp((span * (code - 1)) / 254))
  return step.map((_, r) => iteration.map((_, c) => normOf(codes[r * iteration.length + c] ?? 0)))
}

function codeOf(norm: number, least: number, greatest: number): number {
  if (norm <= 0) return 0
  const span = Math.log(greatest / least)
  return span > 0 ? 1 + Math.round((254 * Math.log(norm / least)) / span) : 255
}

/** Of sorted values, between the two that lie next to it. */
export function quantile(sorted: readonly number[], share: number): number {
  const at = share * (sorted.length - 1)
  const [below, above] = [sorted[Math.floor(at)]!, sorted[Math.ceil(at)]!]
  return below + (at - Math.floor(at)) * (above - below)
}
