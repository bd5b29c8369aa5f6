/** A sweep in parallel coordinates: an axis for each thing that varies, the metric last; a trial is a line through them. */

import { number } from './format.js'
import { dimensionsOf, valueAlong } from './sweepModel.js'
import type { Scalar, SweepTrial, SweepView } from './sweepSchema.js'
import { type Column, scalarText, trialColumns } from './sweepWords.js'

export type AxisScale = 'linear' | 'log' | 'names'

export interface ParallelAxis {
  readonly column: Column
  readonly scale: AxisScale
  /** Whether it could be linear or logarithmic. */
  readonly choosable: boolean
  /** Where a trial crosses it: 0 at the bottom, 1 at the top; null where the trial has no value. */
  place(trial: SweepTrial): number | null
  /** Where a number stands; of an axis of names, none. */
  placeOf(value: number): number
  /** What stands at a place: a number, rounded to what can be told apart, or a name. */
  valueAt(place: number): number
  readonly ticks: readonly { readonly place: number; readonly text: string }[]
  /** The names of an axis of names, from the bottom. */
  readonly names: readonly string[]
  /** The few values that a setting has. */
  readonly values: readonly number[]
}

/** Positive values this many times apart are spread evenly on a logarithmic axis. */
const decades = 30
/** A setting with up to so many values has a tick for each. */
const fewValues = 9

/**
 * The axes of a sweep.
 * @param scales the reader's choice, by the column's id
 */
export function parallelAxes(view: SweepView, scales: ReadonlyMap<string, AxisScale> = new Map()): ParallelAxis[] {
  const columns = trialColumns(view)
  const varying = dimensionsOf(view).filter(({ values }) => values.length > 1)
  const settings = varying.map(({ name, values }) => {
    const column = columns.find(({ id }) => id === name || id === `setting ${name}`)!
    return column.numeric
      ? numericAxis(column, values as number[], scales.get(column.id), true)
      : namesAxis(column, values, trial => valueAlong(trial, name))
  })
  const metric = columns.find(({ id }) => id === 'metric')!
  const measured = view.trials.flatMap(({ value }) => (value === null ? [] : [value]))
  return measured.length > 0 ? [...settings, numericAxis(metric, measured, scales.get(metric.id), false)] : settings
}

function numericAxis(
  column: Column,
  values: readonly number[],
  chosen: AxisScale | undefined,
  setting: boolean,
): ParallelAxis {
  const [low, high] = extent(values)
  const choosable = low > 0 && high > low
  const scale = choosable && (chosen ?? (high / low >= decades ? 'log' : 'linear')) === 'log' ? 'log' : 'linear'
  const to = scale === 'log' ? Math.log : (value: number) => value
  const from = scale === 'log' ? Math.exp : (value: number) => value
  const [first, last] = high > low ? [to(low), to(high)] : [to(low) - 1, to(low) + 1]
  const placeOf = (value: number) => (to(value) - first) / (last - first)
  const few = setting && values.length <= fewValues
  const at = few ? values : [0, 0.25, 0.5, 0.75, 1].map(place => from(first + place * (last - first)))
  return {
    column,
    scale,
    choosable,
    placeOf,
    place(trial) {
      const value = column.rank(trial)
      return typeof value === 'number' ? placeOf(value) : null
    },
    valueAt(place) {
      const value = from(first + place * (last - first))
      // A pixel of the axis is about a two-hundredth of it: more digits would only be noise.
      const step = Math.max(Math.abs(value), (high - low) / 100) || 1
      const digits = Math.max(0, Math.min(15, 2 - Math.floor(Math.log10(Math.min(step, high - low || step)))))
      return Number(value.toFixed(digits))
    },
    ticks: apart(at.map(value => ({ place: placeOf(value), text: number(value) }))),
    names: [],
    values: few ? values : [],
  }
}

function namesAxis(column: Column, values: readonly Scalar[], of: (trial: SweepTrial) => Scalar): ParallelAxis {
  const names = values.map(scalarText)
  const placeOf = (index: number) => (names.length > 1 ? index / (names.length - 1) : 0.5)
  return {
    column,
    scale: 'names',
    choosable: false,
    placeOf,
    place(trial) {
      const index = values.indexOf(of(trial))
      return index < 0 ? null : placeOf(index)
    },
    valueAt: place => Math.round(place * (names.length - 1)),
    ticks: names.map((text, i) => ({ place: placeOf(i), text })),
    names,
    values: [],
  }
}

/** Leaves out ticks whose texts would overlap. */
function apart<T extends { readonly place: number }>(ticks: readonly T[]): T[] {
  const kept: T[] = []
  for (const tick of ticks) if (kept.length === 0 || tick.place - kept.at(-1)!.place >= 0.07) kept.push(tick)
  return kept
}

function extent(values: readonly number[]): [number, number] {
  return values.reduce(([low, high], value) => [Math.min(low, value), Math.max(high, value)], [
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
  ] as [number, number])
}

/** What brushing between two places of an axis chooses: of few values those covered, else a range; undefined: nothing. */
export function brushed(
  axis: ParallelAxis,
  a: number,
  b: number,
): { low: number; high: number } | string[] | undefined {
  const [from, to] = [Math.max(0, Math.min(a, b)), Math.min(1, Math.max(a, b))]
  const covered = (place: number) => place >= from - 1e-9 && place <= to + 1e-9
  if (axis.scale === 'names') {
    const names = axis.names.filter((_, i) => covered(axis.placeOf(i)))
    return names.length > 0 ? names : undefined
  }
  if (axis.values.length > 0) {
    const values = axis.values.filter(value => covered(axis.placeOf(value)))
    return values.length > 0 ? { low: values[0]!, high: values.at(-1)! } : undefined
  }
  return { low: axis.valueAt(from), high: axis.valueAt(to) }
}
