/** A sweep as SVG: the heatmap, and beside it the trials that come first. */

import { faint, ink, shorten, text } from './chart.js'
import { number } from './format.js'
import { palette } from './palette.js'
import { type Cell, type Heatmap, heatmapOf, type Shades, shadesOf } from './sweepModel.js'
import type { SweepView } from './sweepSchema.js'
import { bestFirst, cellText, namesOf, paperText, scalarText, sweepStatus, trialColumns } from './sweepWords.js'

const rule = '#cbd5e1'
const mostTrials = 14
/** A single dimension of more values stands upright, where their names have room. */
const mostAcross = 6
/** How much of the colour the best cell has. */
const strongest = 0.7

/** @returns SVG parts and the height they take */
export function sweepPicture(
  view: SweepView,
  { left, top, width }: { left: number; top: number; width: number },
): { parts: string[]; height: number } {
  const heatmap = heatmapOf(view, view)
  const name = namesOf(view)
  const held = heatmap.held.map(({ dimension, value }) => `${name(dimension.name)} ${scalarText(value)}`)
  const title = view.title ?? `${view.metric.name}: mean over seeds, ${view.metric.better} is better`
  const status = [sweepStatus(view), ...(held.length > 0 ? [`at ${held.join(', ')}`] : [])].join(' · ')
  const mapWidth = Math.min(0.56 * width, isUpright(heatmap) ? 230 : 70 + 76 * heatmap.across.values.length)
  const map = drawHeatmap(view, heatmap, { left, top: top + 54, width: mapWidth })
  const table = drawTrials(view, { left: left + mapWidth + 24, top: top + 54, width: width - mapWidth - 24 })
  return {
    parts: [
      `<defs><pattern id="hatch" width="6" height="6" patternTransform="rotate(45)" patternUnits="userSpaceOnUse"><path d="M0 0V6" stroke="${rule}" stroke-width="1.5"/></pattern></defs>`,
      text(left, top + 14, shorten(title, width, 15), { size: 15, weight: 600 }),
      text(left, top + 34, shorten(status, width, 11.5), { size: 11.5, fill: faint }),
      ...map.parts,
      ...table.parts,
    ],
    height: 54 + Math.max(map.height, table.height),
  }
}

const isUpright = ({ down, across }: Heatmap) => !down && across.values.length > mostAcross

/** Its rows and columns as they are drawn. */
function layOut(heatmap: Heatmap): Pick<Heatmap, 'down' | 'cells'> & { across?: Heatmap['across'] } {
  return isUpright(heatmap) ? { down: heatmap.across, cells: heatmap.cells[0]!.map(cell => [cell]) } : heatmap
}

function drawHeatmap(
  view: SweepView,
  heatmap: Heatmap,
  box: { left: number; top: number; width: number },
): { parts: string[]; height: number } {
  const { across, down, cells } = layOut(heatmap)
  const name = namesOf(view)
  const rowNames = down ? down.values.map(scalarText) : ['']
  const longest = Math.max(...rowNames.map(row => [...row].length))
  const labelWidth = Math.min(across ? 90 : 150, 14 + 6.2 * longest)
  const columns = across?.values ?? [null]
  const step = { x: Math.min(76, (box.width - labelWidth) / columns.length), y: view.paper ? 44 : 34 }
  const shades = shadesOf(cells.flat(), view.metric.better)
  const first = { x: box.left + labelWidth, y: box.top + (across ? 36 : 20) }
  const axes = [...(down ? [`${name(down.name)} ↓`] : []), ...(across ? [`${name(across.name)} →`] : [])]
  const parts = [text(box.left, box.top + 10, axes.join('   '), { size: 11.5, weight: 600 })]
  across?.values.forEach((value, c) => {
    const x = first.x + (c + 0.5) * step.x
    parts.push(
      text(x, first.y - 7, shorten(scalarText(value), step.x - 4, 11), { size: 11, fill: faint, anchor: 'middle' }),
    )
  })
  cells.forEach((row, r) => {
    const y = first.y + r * step.y
    const label = shorten(rowNames[r]!, labelWidth, 11)
    parts.push(text(first.x - 8, y + step.y / 2 + 4, label, { size: 11, fill: faint, anchor: 'end' }))
    row.forEach((cell, c) => {
      const place = { x: first.x + c * step.x, y, width: step.x, height: step.y }
      parts.push(...drawCell(cell, cell === heatmap.best, paperText(view, cell), shades, place))
    })
  })
  return { parts, height: first.y - box.top + cells.length * step.y }
}

function drawCell(
  cell: Cell,
  best: boolean,
  paper: string,
  shades: Shades | undefined,
  { x, y, width, height }: { x: number; y: number; width: number; height: number },
): string[] {
  const box = `x="${(x + 1.5).toFixed(1)}" y="${(y + 1.5).toFixed(1)}" width="${(width - 3).toFixed(1)}" height="${(height - 3).toFixed(1)}" rx="4"`
  const { main, note } = cellText(cell)
  const settled = cell.kind === 'settled'
  const middle = { anchor: 'middle', fill: settled ? ink : faint }
  const fill =
    cell.mean === null || !shades ? 'url(#hatch)' : mix(palette[0], 0.04 + (strongest - 0.04) * shades.shade(cell.mean))
  const stroke = best
    ? `stroke="${palette[1]}" stroke-width="2.5"`
    : settled
      ? ''
      : `stroke="${faint}" stroke-dasharray="3 2.5"`
  const line = y + height / 2 + (note && main ? -1 : 4) - (paper ? 6 : 0)
  return [
    `<rect ${box} fill="${fill}" ${stroke}/>`,
    ...(main ? [text(x + width / 2, line, main, { ...middle, size: 12, weight: best ? 600 : 400 })] : []),
    ...(note && main ? [text(x + width / 2, line + 11, shorten(note, width, 8.5), { ...middle, size: 8.5 })] : []),
    ...(paper ? [text(x + width / 2, line + 22, shorten(paper, width, 8.5), { ...middle, size: 8.5 })] : []),
  ]
}

/** A colour on white paper. */
function mix(colour: string, share: number): string {
  const parts = [1, 3, 5].map(at => Number.parseInt(colour.slice(at, at + 2), 16))
  return `rgb(${parts.map(part => Math.round(255 + share * (part - 255))).join(',')})`
}

function drawTrials(
  view: SweepView,
  { left, top, width }: { left: number; top: number; width: number },
): { parts: string[]; height: number } {
  const columns = trialColumns(view).filter(({ id }) => id !== 'stopped' && id !== 'iteration')
  const trials = bestFirst(view).slice(0, mostTrials)
  const lengths = columns.map(column =>
    Math.max(...[column.name, ...trials.map(column.text)].map(content => Math.min(18, [...content].length))),
  )
  const unit = Math.min(6.4, (width - 8 * columns.length) / lengths.reduce((sum, length) => sum + length, 0))
  const size = Math.min(10.5, unit / 0.58)
  let x = left
  const places = lengths.map(length => {
    const from = x
    x += length * unit + 8
    return { from, to: x - 8 }
  })
  const line = (contents: readonly string[], y: number, weight: 400 | 600) =>
    contents.map((content, i) => {
      const { numeric } = columns[i]!
      const { from, to } = places[i]!
      const style = { size, weight, fill: weight === 600 ? faint : ink, anchor: numeric ? 'end' : 'start' }
      return text(numeric ? to : from, y, shorten(content, 18 * unit, size), style)
    })
  const more = view.trials.length - trials.length
  return {
    parts: [
      ...line(
        columns.map(column => column.name),
        top + 10,
        600,
      ),
      `<path d="M${left} ${top + 16.5}H${Math.round(x - 8)}" stroke="${rule}"/>`,
      ...trials.flatMap((trial, i) =>
        line(
          columns.map(column => column.text(trial)),
          top + 31 + 15.5 * i,
          400,
        ),
      ),
      ...(more > 0
        ? [text(left, top + 31 + 15.5 * trials.length, `… and ${number(more)} more`, { size, fill: faint })]
        : []),
    ],
    height: 40 + 15.5 * trials.length,
  }
}
