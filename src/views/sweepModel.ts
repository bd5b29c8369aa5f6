/** What a sweep's drawing shows: dimensions, cells, colours. Arithmetic only; the extension, the picture and the text use it. */

import type { PaperCell, Scalar, SweepTrial, SweepView } from './sweepSchema.js'

/** The method stands beside the settings as something that varies. */
export const methodDimension = 'method'

/** Something in which trials differ: a setting, or the method. */
export interface Dimension {
  readonly name: string
  /** In ascending order where they are numbers, else as they first appear. */
  readonly values: readonly Scalar[]
}

/** A place in the heatmap. */
export interface Cell {
  readonly trials: readonly SweepTrial[]
  /**
   * `settled`: the mean is over finished trials alone. `provisional`: none has finished; the mean is over what the others
   * last measured. `empty`: there is no value.
   */
  readonly kind: 'settled' | 'provisional' | 'empty'
  readonly mean: number | null
  /** Sample standard deviation over the seeds; null below two. */
  readonly sd: number | null
  /** Seeds that the mean is over. */
  readonly count: number
  /** What the paper reports here. */
  readonly paper?: { readonly figures: PaperCell['figures']; readonly best: boolean }
}

export interface Heatmap {
  readonly across: Dimension
  /** Missing where a sweep has one axis: a single row. */
  readonly down: Dimension | undefined
  /** Dimensions that are on no axis, each held at one value, so that a cell is a mean over seeds and nothing else. */
  readonly held: readonly { readonly dimension: Dimension; readonly value: Scalar }[]
  /** Row by row. */
  readonly cells: readonly (readonly Cell[])[]
  readonly best: Cell | undefined
}

/** How a drawing is set by its reader. */
export interface HeatmapChoice {
  readonly axes: readonly string[]
  /** Values of dimensions on no axis; by default the one that most trials have. */
  readonly held?: ReadonlyMap<string, Scalar>
}

export function valueAlong(trial: Pick<SweepTrial, 'method' | 'settings'>, dimension: string): Scalar {
  return dimension === methodDimension ? trial.method : (trial.settings[dimension] ?? null)
}

/** The settings in the order of their first appearance, then the method. */
export function dimensionsOf({ trials }: Pick<SweepView, 'trials'>): Dimension[] {
  const names = [...new Set(trials.flatMap(({ settings }) => Object.keys(settings))), methodDimension]
  return names.map(name => ({ name, values: ordered(trials.map(trial => valueAlong(trial, name))) }))
}

function ordered(values: readonly Scalar[]): Scalar[] {
  const present = [...new Set(values)].filter(value => value !== null)
  const numbers = present.filter(value => typeof value === 'number')
  return numbers.length === present.length ? numbers.sort((a, b) => a - b) : present
}

/** The heatmap of a sweep. Axes that no trial has are passed over. */
export function heatmapOf({ trials, metric, paper }: SweepView, { axes, held = new Map() }: HeatmapChoice): Heatmap {
  const dimensions = dimensionsOf({ trials })
  const byName = (name: string | undefined) => dimensions.find(dimension => dimension.name === name)
  const [across = dimensions[0]!, down] = axes.map(byName).filter(dimension => dimension !== undefined)
  const onAxes = [across, ...(down ? [down] : [])].map(({ name }) => name)
  let left = trials.filter(trial => onAxes.every(name => valueAlong(trial, name) !== null))
  const fixed = dimensions
    .filter(({ name, values }) => !onAxes.includes(name) && values.length > 1)
    .flatMap(({ name }) => {
      const own = ordered(left.map(trial => valueAlong(trial, name)))
      const wanted = held.get(name)
      const value = wanted !== undefined && own.includes(wanted) ? wanted : commonest(left, name, own)
      if (value === undefined) return []
      left = left.filter(trial => valueAlong(trial, name) === value)
      return own.length > 1 ? [{ dimension: { name, values: own }, value }] : []
    })
  const isThere = (row: Scalar, column: Scalar) => (one: SweepTrial | PaperCell) =>
    valueAlong(one, across.name) === column && (!down || valueAlong(one, down.name) === row)
  const reported = (paper?.cells ?? []).filter(cell =>
    fixed.every(({ dimension: { name }, value }) => [value, null].includes(valueAlong(cell, name))),
  )
  const bestReported = bestOfPaper(
    reported.filter(cell => across.values.includes(valueAlong(cell, across.name))),
    paper,
  )
  const rows = down ? down.values : [null]
  const cells = rows.map(row =>
    across.values.map(column => {
      const found = reported.find(isThere(row, column))
      return {
        ...cellOf(left.filter(isThere(row, column))),
        ...(found ? { paper: { figures: found.figures, best: found === bestReported } } : {}),
      }
    }),
  )
  return { across, down, held: fixed, cells, best: bestOf(cells.flat(), metric.better) }
}

function commonest(trials: readonly SweepTrial[], name: string, values: readonly Scalar[]): Scalar | undefined {
  const count = (value: Scalar) => trials.filter(trial => valueAlong(trial, name) === value).length
  return [...values].sort((a, b) => count(b) - count(a))[0]
}

function cellOf(trials: readonly SweepTrial[]): Cell {
  const measured = trials.filter(({ value }) => value !== null)
  const finished = measured.filter(({ state }) => state === 'finished')
  const counted = finished.length > 0 ? finished : measured
  const values = counted.map(({ value }) => value as number)
  if (values.length === 0) return { trials, kind: 'empty', mean: null, sd: null, count: 0 }
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  return {
    trials,
    kind: finished.length > 0 ? 'settled' : 'provisional',
    mean,
    sd: values.length > 1 ? Math.sqrt(squares / (values.length - 1)) : null,
    count: values.length,
  }
}

function bestOfPaper(cells: readonly PaperCell[], paper: SweepView['paper']): PaperCell | undefined {
  const sign = paper?.better === 'lower' ? 1 : -1
  const valued = cells.filter(({ figures }) => paper && figures[paper.name] !== undefined)
  return valued.sort((a, b) => sign * (a.figures[paper!.name]! - b.figures[paper!.name]!))[0]
}

/** Only what has finished can be best. */
function bestOf(cells: readonly Cell[], better: SweepView['metric']['better']): Cell | undefined {
  const sign = better === 'lower' ? 1 : -1
  const settled = cells.filter(({ kind }) => kind === 'settled')
  return settled.sort((a, b) => sign * (a.mean! - b.mean!))[0]
}

/** The colours of a heatmap: 1 for the best mean in it, 0 for the worst that is told apart. */
export interface Shades {
  readonly best: number
  readonly worst: number
  /** Whether means worse than `worst` have its colour too: one bad corner would make all the others look alike. */
  readonly clipped: boolean
  shade(mean: number): number
}

/** How many times the distance from the best to the median the colours span. */
const span = 2.5

export function shadesOf(cells: readonly Cell[], better: SweepView['metric']['better']): Shades | undefined {
  const sign = better === 'lower' ? 1 : -1
  const means = cells.flatMap(({ mean }) => (mean === null ? [] : [sign * mean])).sort((a, b) => a - b)
  const [best, last] = [means[0], means[means.length - 1]]
  if (best === undefined || last === undefined) return undefined
  const median = means[Math.floor(means.length / 2)]!
  const limit = median > best ? Math.min(last, best + span * (median - best)) : last
  const shade = (mean: number) => {
    if (limit === best) return 1
    return Math.min(1, Math.max(0, 1 - (sign * mean - best) / (limit - best)))
  }
  return { best: sign * best, worst: sign * limit, clipped: limit < last, shade }
}
