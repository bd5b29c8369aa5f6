/** A sweep as readable tables: the heatmap, then the trials. */

import { heatmapOf } from './sweepModel.js'
import type { SweepView } from './sweepSchema.js'
import {
  bestFirst,
  cellText,
  heatmapWords,
  namesOf,
  placeText,
  scalarText,
  sweepStatus,
  trialColumns,
} from './sweepWords.js'

const mostTrials = 24

export function sweepText(view: SweepView): string[] {
  const heatmap = heatmapOf(view, view)
  const { across, down, held, cells, best } = heatmap
  const name = namesOf(view)
  const corner = down ? `${name(down.name)} \\ ${name(across.name)}` : name(across.name)
  const grid = cells.map((row, r) => [
    down ? scalarText(down.values[r]!) : view.metric.name,
    ...row.map(cell => {
      const { main, note } = cellText(cell)
      const marked = cell === best ? `${main}*` : main
      return main === '' ? '·' : cell.kind === 'provisional' ? `(${marked})` : note ? `${marked} [${note}]` : marked
    }),
  ])
  const columns = trialColumns(view)
  const trials = bestFirst(view)
  const left = trials.length - mostTrials
  const others = held.map(({ dimension, value }) => `${name(dimension.name)} ${scalarText(value)}`)
  const where = best && cells.flatMap((row, r) => row.flatMap((cell, c) => (cell === best ? [[r, c] as const] : [])))[0]
  return [
    sweepStatus(view),
    `${heatmapWords(view)}${others.length > 0 ? `, at ${others.join(', ')}` : ''}`,
    ...table([[corner, ...across.values.map(scalarText)], ...grid], () => true),
    ...(where ? [`* best: ${placeText(view, heatmap, where[0], where[1])}`] : []),
    '(…) not finished; · no value yet',
    '',
    ...table(
      [
        columns.map(column => column.name),
        ...trials.slice(0, mostTrials).map(trial => columns.map(column => column.text(trial))),
      ],
      i => columns[i]!.numeric,
    ),
    ...(left > 0 ? [`… and ${left} more`] : []),
  ]
}

function table(rows: readonly (readonly string[])[], isNumber: (column: number) => boolean): string[] {
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map(row => [...row[i]!].length)))
  return rows.map(row =>
    `  ${row.map((text, i) => (isNumber(i) ? text.padStart(widths[i]!) : text.padEnd(widths[i]!))).join('  ')}`.trimEnd(),
  )
}
