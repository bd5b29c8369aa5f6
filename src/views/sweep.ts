/** The sweep view from plain rows: whatever ran the trials, a row says what each has become. */

import { compact } from './format.js'
import { type Paper, type SweepTrial, type SweepView, viewVersion } from './schema.js'
import { dimensionsOf, methodDimension } from './sweepModel.js'
import type { Scalar } from './sweepSchema.js'
import { thin } from './thin.js'

/** A trial as it now is. */
export interface SweepRow {
  /** Tells trials apart; by default method, settings and seed together. */
  readonly key?: string
  readonly method: string
  /** `{ lambda: 0.5, K: 3 }`; a path's last word is shown (`tuning.lambda` as λ). */
  readonly settings: Readonly<Record<string, Scalar>>
  readonly seed: number
  readonly state: SweepTrial['state']
  readonly iteration?: number
  /** Iterations in all. */
  readonly total?: number
  /** The metric; by default the curve's last value. */
  readonly value?: number | null
  /** The metric over iterations: two columns of equal length. */
  readonly curve?: { readonly iteration: readonly number[]; readonly value: readonly (number | null)[] }
  /** At which rung it was stopped early, with which value, against which cutoff among how many trials seen there. */
  readonly stopped?: {
    readonly rung: number
    readonly value: number
    readonly cutoff: number
    readonly seen?: number
  }
  readonly message?: string
}

export interface SweepOptions {
  readonly title?: string
  /** What the metric is called, and which way it is better. */
  readonly metric: { readonly name: string; readonly better: 'lower' | 'higher' }
  /** The heatmap's axes, across and down; by default the two settings with the most values. */
  readonly axes?: readonly string[]
  /** The cutoffs of early stopping as they now are. */
  readonly rungs?: readonly { readonly iteration: number; readonly cutoff: number; readonly seen: number }[]
  /** What a paper reports for some of the settings. */
  readonly paper?: Paper
  /** Names the study that takes orders from the view. */
  readonly control?: string
}

/** Points of all curves together: what 200 trials need to look as they are, and a live view to stay small. */
const mostPoints = 16_000
const [fewestPoints, mostPointsEach] = [12, 400]

/**
 * A sweep from its trials.
 * @throws RangeError when there is no trial, an axis that no trial has, or a setting called `method`
 */
export function sweepView(rows: readonly SweepRow[], options: SweepOptions): SweepView {
  const { title, metric, axes, rungs, paper, control } = options
  if (rows.length === 0) throw new RangeError('there are no trials to show')
  if (rows.some(({ settings }) => methodDimension in settings))
    throw new RangeError(`no setting may be called ${methodDimension}`)
  const points = Math.min(mostPointsEach, Math.max(fewestPoints, Math.floor(mostPoints / rows.length)))
  const trials = [...new Map(rows.map(row => [keyOf(row), trialOf(row, points)])).values()]
  const known = dimensionsOf({ trials })
  const missing = axes?.find(axis => !known.some(({ name }) => name === axis))
  if (missing !== undefined) {
    throw new RangeError(`no trial has the setting ${missing}; there are ${known.map(({ name }) => name).join(', ')}`)
  }
  const widest = known
    .filter(({ values }) => values.length > 1)
    .sort((a, b) => b.values.length - a.values.length)
    .filter((dimension, _, all) => dimension.name !== methodDimension || all.length <= 2)
  const chosen = axes ?? widest.slice(0, 2).map(({ name }) => name)
  return {
    version: viewVersion,
    view: 'sweep',
    ...(title ? { title } : {}),
    metric: { ...metric },
    axes: chosen.length > 0 ? [...chosen] : [methodDimension],
    time: new Date().toISOString(),
    ...(rungs && rungs.length > 0 ? { rungs: rungs.map(rung => ({ ...rung })) } : {}),
    ...(paper && paper.cells.length > 0 ? { paper } : {}),
    ...(control ? { control } : {}),
    trials,
  }
}

/** What tells a row's trial from others. */
export function keyOf({ key, method, settings, seed }: SweepRow): string {
  return key ?? JSON.stringify([method, Object.entries(settings).sort(), seed])
}

function trialOf(row: SweepRow, most: number): SweepTrial {
  const { method, settings, seed, state, iteration, total, curve, stopped, message } = row
  const value = row.value === undefined ? curve?.value.findLast(value => value !== null) : row.value
  return {
    key: keyOf(row),
    method,
    settings: { ...settings },
    seed,
    state,
    iteration: iteration ?? curve?.iteration.at(-1) ?? null,
    total: total ?? null,
    value: compact(value),
    ...(curve && curve.iteration.length > 0 ? { curve: thinned(curve, most) } : {}),
    ...(stopped ? { stopped: { ...stopped } } : {}),
    ...(message ? { message: message.slice(0, 2000) } : {}),
  }
}

/** Four digits of a value are more than a line shows. */
const digits = 4

function thinned({ iteration, value }: NonNullable<SweepRow['curve']>, most: number): NonNullable<SweepTrial['curve']> {
  const kept = thin([value], iteration.length, most)
  const short = (number: number | null | undefined) =>
    number === null || number === undefined || !Number.isFinite(number) ? null : Number(number.toPrecision(digits))
  return { iteration: kept.map(i => iteration[i]!), value: kept.map(i => short(value[i])) }
}
