/**
 * A study's figures as dots and intervals: every seed, the mean over them, and how far each row is from the one that the
 * study compares with, seed by seed. A table of curves is drawn by studyCurves.ts.
 */

import { type Budget, type FigureName, nameOf, type Row, type Table } from '../experiments/index.js'
import { faint, ink, linearTicks, shorten, text } from '../views/chart.js'
import { drawingPicture, number } from '../views/index.js'
import { palette } from '../views/palette.js'
import { type Displayable, displayable } from './host.js'
import { curvesOf, drawCurves, headOf, plainCurve } from './studyCurves.js'

export interface StudyPlotOptions {
  /** The study's metric by default. */
  figure?: FigureName
  title?: string
  /** What curves are drawn over: `iterations` by default, the generator's `updates`, or `evaluations` of its network. */
  along?: Budget
}

export interface StudyPlot extends Displayable {
  /** What is drawn; rows that have no figure yet are left out. */
  readonly rows: readonly Row[]
}

const width = 760
const margin = 16
const labelWidth = 190
const lineHeight = 24
const headHeight = 62
const rule = '#e2e8f0'

/**
 * The plot of a table. Left: dots are seeds, the bar is their mean. Right: the mean of the seeds' differences with its 95 %
 * interval; one that leaves zero out is drawn strong. A table of curves (`view: 'curve'`) is a line for each method, the mean
 * over its seeds, within ± a standard deviation. Where no row has a figure yet, the command that would bring some.
 */
export function studyPlot(table: Table, { figure, title, along = 'iterations' }: StudyPlotOptions = {}): StudyPlot {
  const name = figure ?? table.study.metric.name
  const rows = table.rows.filter(row => row[name])
  if (rows.length === 0) return displayable({ rows }, () => notRun(table)) as StudyPlot
  return displayable({ rows }, () => {
    const heading = title ?? table.study.title
    const curves = table.study.view === 'curve' ? curvesOf(table, name, along) : []
    const drawing = curves.length > 0 ? drawCurves(curves, name, along, heading) : draw(table, rows, name, heading)
    return {
      'image/png': drawingPicture(drawing).toString('base64'),
      'text/plain': (curves.length > 0 ? curves.map(plainCurve) : rows.map(row => plain(row, name))).join('\n'),
    }
  }) as StudyPlot
}

function notRun({ study, command }: Table): Record<string, unknown> {
  const text = `${study.title}: no row has a figure yet. Not run: ${command}`
  return { 'text/markdown': text.replace(command, `\`${command}\``), 'text/plain': text }
}

function plain(row: Row, name: FigureName): string {
  const { mean, values, difference } = row[name]!
  const [low, high] = difference?.ci ?? []
  const interval = low === undefined ? '' : `; difference ${number(difference!.mean)} [${number(low)}, ${number(high)}]`
  return `${nameOf(row)}: ${number(mean)} (${Object.values(values).map(number).join(', ')})${interval}`
}

function draw({ study }: Table, rows: readonly Row[], name: FigureName, title: string) {
  const groups = [...new Set(rows.map(({ evaluation }) => evaluation))]
  const several = groups.length > 1
  const compared = rows.some(row => row[name]!.difference)
  const left = { from: margin + labelWidth, to: compared ? 500 : width - margin }
  const right = { from: 530, to: width - margin }
  const seeds = [...new Set(rows.flatMap(row => Object.keys(row[name]!.values)))]
  const values = axis(
    rows.flatMap(row => Object.values(row[name]!.values)),
    left,
  )
  const differences = axis([0, ...rows.flatMap(row => ends(row, name))], right)
  const parts = [
    text(margin, margin + 14, shorten(title, width - 2 * margin, 15), { size: 15, weight: 600 }),
    text(
      left.from,
      margin + 38,
      `${headOf(name)}: ${seeds.length} seed${seeds.length > 1 ? 's' : ''}, and their mean`,
      {
        size: 11.5,
        fill: faint,
      },
    ),
    ...(compared
      ? [
          text(right.from, margin + 38, `difference to ${study.methods[study.against]!.label}, 95 %`, {
            size: 11.5,
            fill: faint,
          }),
        ]
      : []),
  ]
  let top = margin + headHeight - 12
  const first = top
  for (const group of groups) {
    if (several) {
      parts.push(text(margin, top + 15, group, { size: 12, weight: 600 }))
      top += lineHeight - 4
    }
    for (const row of rows.filter(({ evaluation }) => evaluation === group)) {
      parts.push(...drawRow(row, name, top, values, compared ? differences : undefined))
      top += lineHeight
    }
  }
  const frames = [values, ...(compared ? [differences] : [])].flatMap(({ ticks, place }) =>
    ticks.flatMap(tick => [
      `<line x1="${place(tick)}" x2="${place(tick)}" y1="${first}" y2="${top}" stroke="${rule}"/>`,
      text(place(tick), top + 15, number(tick), { size: 10.5, fill: faint, anchor: 'middle' }),
    ]),
  )
  const zero = compared
    ? [`<line x1="${differences.place(0)}" x2="${differences.place(0)}" y1="${first}" y2="${top}" stroke="${faint}"/>`]
    : []
  return { width, height: top + 28, parts: [...frames, ...zero, ...parts] }
}

function drawRow(row: Row, name: FigureName, top: number, values: Axis, differences: Axis | undefined): string[] {
  const { mean, values: bySeed, best, difference } = row[name]!
  const y = top + lineHeight / 2
  const label = text(margin, y + 4, shorten(nameOf(row), labelWidth - 8, 12), { size: 12, weight: best ? 600 : 400 })
  const dots = Object.values(bySeed).map(
    value => `<circle cx="${values.place(value)}" cy="${y}" r="3.5" fill="${palette[0]}" opacity="0.45"/>`,
  )
  const middle = `<line x1="${values.place(mean)}" x2="${values.place(mean)}" y1="${y - 8}" y2="${y + 8}" stroke="${ink}" stroke-width="2.2"/>`
  if (!differences || !difference) return [label, ...dots, middle]
  const colour = difference.significant ? palette[1] : faint
  const at = differences.place(difference.mean)
  const interval = difference.ci
    ? [
        `<line x1="${differences.place(difference.ci[0])}" x2="${differences.place(difference.ci[1])}" y1="${y}" y2="${y}" stroke="${colour}" stroke-width="${difference.significant ? 3 : 1.6}"/>`,
      ]
    : []
  return [label, ...dots, middle, ...interval, `<circle cx="${at}" cy="${y}" r="4" fill="${colour}"/>`]
}

const ends = (row: Row, name: FigureName) => {
  const { difference } = row[name]!
  return difference ? [difference.mean, ...(difference.ci ?? [])] : []
}

interface Axis {
  ticks: number[]
  place(value: number): number
}

function axis(values: readonly number[], { from, to }: { from: number; to: number }): Axis {
  const [least, most] = [Math.min(...values), Math.max(...values)]
  const room = 0.06 * (most - least) || 0.5
  const [low, high] = [least - room, most + room]
  const ticks = linearTicks(low, high, 7)
  return { ticks, place: value => Math.round(10 * (from + ((value - low) / (high - low)) * (to - from))) / 10 }
}
