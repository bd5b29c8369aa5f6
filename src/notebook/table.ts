/** Tables for a cell. */

import { number } from '../views/index.js'
import { type Displayable, displayable } from './host.js'

export type Row = Readonly<Record<string, unknown>>

/** The rows of a table, which shows itself when it ends a cell. */
export interface Table extends Displayable {
  readonly rows: readonly Row[]
}

/**
 * Rows of equal fields as a table. Numbers are rounded to three digits and stand right.
 * @param columns which fields, in order; by default all, in the order of their first appearance
 * @throws RangeError when there is no row
 */
export function table(rows: readonly Row[], { columns }: { columns?: readonly string[] } = {}): Table {
  if (rows.length === 0) throw new RangeError('there are no rows to show')
  const names = columns ?? [...new Set(rows.flatMap(row => Object.keys(row)))]
  const cells = rows.map(row => names.map(name => cellText(row[name])))
  const isNumber = names.map(name => rows.every(row => row[name] === undefined || typeof row[name] === 'number'))
  return displayable({ rows }, () => ({
    'text/html': html(names, cells, isNumber),
    'text/plain': plain(names, cells, isNumber),
  })) as Table
}

function cellText(value: unknown): string {
  if (value === undefined || value === null) return ''
  return typeof value === 'number' ? number(value) : String(value)
}

function html(names: readonly string[], cells: readonly (readonly string[])[], isNumber: readonly boolean[]): string {
  const cell = (tag: string) => (text: string, i: number) =>
    `<${tag} style="text-align: ${isNumber[i] ? 'right' : 'left'}">${escapeHtml(text)}</${tag}>`
  const body = cells.map(row => `<tr>${row.map(cell('td')).join('')}</tr>`).join('\n')
  return `<table>\n<thead><tr>${names.map(cell('th')).join('')}</tr></thead>\n<tbody>\n${body}\n</tbody>\n</table>`
}

function plain(names: readonly string[], cells: readonly (readonly string[])[], isNumber: readonly boolean[]): string {
  const rows = [names, ...cells]
  const widths = names.map((_, i) => Math.max(...rows.map(row => [...row[i]!].length)))
  return rows
    .map(row =>
      row
        .map((text, i) => (isNumber[i] ? text.padStart(widths[i]!) : text.padEnd(widths[i]!)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
}
