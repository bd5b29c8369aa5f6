/** A study's figure on the way: a line for each method, over iterations or over what they cost. */

import {
  armsOf,
  arrow,
  type Budget,
  better,
  canonical,
  costOf,
  type FigureName,
  figureTitles,
  nameOf,
  type Table,
} from '../experiments/index.js'
import { chartSvg } from '../views/chart.js'
import { type Drawing, number } from '../views/index.js'
import { colourIndices, palette } from '../views/palette.js'

export interface Curve {
  /** The method, and the point of the grid. */
  label: string
  /** What the study calls the method. */
  name: string
  seeds: number
  x: number[]
  mean: number[]
  /** Over the seeds; 0 for one. */
  sd: number[]
}

/** `FD ↓` */
export const headOf = (figure: FigureName) => `${figureTitles[figure]} ${arrow[better[figure]]}`

const xLabels: Record<Budget, string> = {
  iterations: 'iterations',
  updates: 'updates of the generator',
  evaluations: 'evaluations of the network, for each image of the batch',
}
const width = 760
const height = 380
const margin = 16

/**
 * The curves of a table whose rows are measurements on the way. A measurement counts where as many seeds have it as have any
 * of its curve: means over other seeds would jump.
 */
export function curvesOf(table: Table, figure: FigureName, along: Budget): Curve[] {
  return armsOf(table.study).flatMap(({ method, at, settings }) => {
    const own = table.rows.filter(
      row => row.name === method && canonical(row.at) === canonical(at) && row.iteration !== undefined && row[figure],
    )
    const seeds = Math.max(0, ...own.map(row => Object.keys(row[figure]!.values).length))
    const rows = own.filter(row => Object.keys(row[figure]!.values).length === seeds)
    if (rows.length === 0) return []
    const cost = costOf(settings, along)
    return {
      label: nameOf(rows[0]!),
      name: method,
      seeds,
      x: rows.map(({ iteration }) => iteration! * cost),
      mean: rows.map(row => row[figure]!.mean),
      sd: rows.map(row => row[figure]!.sd ?? 0),
    }
  })
}

export function drawCurves(curves: readonly Curve[], figure: FigureName, along: Budget, title: string): Drawing {
  const seeds = [...new Set(curves.map(curve => curve.seeds))].sort((a, b) => a - b)
  const colours = colourIndices(curves.map(({ name, label }) => (sharesName(curves, name) ? label : name)))
  const lines = curves.map(({ label, x, mean, sd }, i) => ({
    name: label,
    colour: palette[colours[i]!]!,
    // With more lines than colours.
    dashed: colours.indexOf(colours[i]!) < i,
    x,
    y: mean,
    band: { low: mean.map((value, j) => value - sd[j]!), high: mean.map((value, j) => value + sd[j]!) },
  }))
  const chart = {
    title: `${title}: ${headOf(figure)}, mean ± sd over ${seeds.join(' to ')} seed${seeds.at(-1) === 1 ? '' : 's'}`,
    xLabel: xLabels[along],
    lines,
    keys: lines,
    scale: 'linear',
  } as const
  return {
    width,
    height,
    parts: [chartSvg(chart, { left: margin, top: margin, width: width - 2 * margin, height: height - 2 * margin })],
  }
}

const sharesName = (curves: readonly Curve[], name: string) => curves.filter(curve => curve.name === name).length > 1

/** A curve in words: `FT: 250 13.4, 500 12.2`. */
export const plainCurve = ({ label, x, mean }: Curve): string =>
  `${label}: ${x.map((at, i) => `${number(at)} ${number(mean[i])}`).join(', ')}`
