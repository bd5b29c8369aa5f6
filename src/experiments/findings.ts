/** What a table tells, as sentences: computed, so that a notebook's text cannot say other than its data. */

import type { FigureName, Row, Table } from './table.js'
import { figureTitles, settingTitle } from './titles.js'

/**
 * A line for each way of sampling: which row has the best mean, and which rows the paired interval tells apart from the one
 * that the study compares with.
 * @param figure the study's metric by default
 */
export function findings({ study, rows }: Table, figure: FigureName = study.metric.name): string[] {
  const lower = figure === 'fd'
  const several = new Set(rows.map(({ evaluation }) => evaluation)).size > 1
  const last = lastOf(rows)
  return [...new Set(last.map(({ evaluation }) => evaluation))].flatMap(evaluation => {
    const group = last.filter(row => row.evaluation === evaluation && row[figure])
    const best = group.find(row => row[figure]!.best)
    if (!best) return []
    const compared = group.filter(row => row[figure]!.difference)
    const judged = compared.filter(row => row[figure]!.difference!.significant !== null)
    const apart = judged.filter(row => row[figure]!.difference!.significant)
    const isBetter = (row: Row) => row[figure]!.difference!.mean < 0 === lower
    const against = study.methods[study.against]!.label
    const named = (rows: readonly Row[]) => namesOf(rows) || 'none'
    const verdict =
      compared.length === 0
        ? ''
        : judged.length === 0
          ? ` Of the differences to ${against} none is judged: that takes five seeds.`
          : ` Better than ${against} beyond the seeds’ chance: ${named(apart.filter(isBetter))}; worse: ${named(
              apart.filter(row => !isBetter(row)),
            )}; not told apart: ${named(judged.filter(row => !apart.includes(row)))}.`
    const { mean, sd } = best[figure]!
    const spread = sd === null ? '' : ` ± ${sd.toPrecision(2)}`
    return [
      `${several ? `${evaluation}: b` : 'B'}est mean ${figureTitles[figure]}: ${nameOf(best)}, ${mean.toPrecision(4)}${spread}.${verdict}`,
    ]
  })
}

/** A row's method and point of the grid. */
export function nameOf({ method, at }: Row): string {
  return [method, ...Object.entries(at).map(([path, value]) => `${settingTitle(path)} ${JSON.stringify(value)}`)].join(
    ', ',
  )
}

/** Rows of a method along one setting together, `ADT with λ 0.1, 0.3 and 0.5`; others each by its name. */
function namesOf(rows: readonly Row[]): string {
  const names = new Map<string, string[]>()
  for (const row of rows) {
    const [path, ...further] = Object.keys(row.at)
    const along = path !== undefined && further.length === 0
    const name = along ? `${row.method} with ${settingTitle(path)} ` : nameOf(row)
    names.set(name, [...(names.get(name) ?? []), ...(along ? [JSON.stringify(row.at[path])] : [])])
  }
  const list = new Intl.ListFormat('en-GB')
  return [...names].map(([name, values]) => name + list.format(values)).join(', ')
}

/** Of a curve the rows at the last iteration at which all that have figures were measured, of a table all of them. */
function lastOf(rows: readonly Row[]): readonly Row[] {
  const measured = rows.filter(({ iteration }) => iteration !== undefined)
  if (measured.length === 0) return rows
  const curves = new Set(measured.map(({ method, at, evaluation }) => JSON.stringify([method, at, evaluation]))).size
  const at = (iteration: number) => measured.filter(row => row.iteration === iteration)
  const last = Math.max(...measured.map(({ iteration }) => iteration!).filter(one => at(one).length === curves))
  return at(last)
}
