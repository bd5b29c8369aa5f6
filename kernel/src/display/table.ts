// Arrays of objects with the same keys and plain values, as tables.
import { inspect } from 'node:util'
import type { Json } from '../protocol/message.js'
import { htmlGrid, shortNumber, textGrid, wholeNumber } from './html.js'

const MOST_ROWS = 100
const MOST_COLUMNS = 30
const LONGEST_CELL = 80

export function tableBundle(value: object): Json | undefined {
  if (!isRows(value)) return undefined
  const all = Object.keys(value[0]!)
  const columns = all.slice(0, MOST_COLUMNS)
  const shown = value.slice(0, MOST_ROWS)
  const numeric = columns.map(name => shown.every(row => row[name] == null || typeof row[name] === 'number'))
  const left = [
    ...(value.length > shown.length ? [`${wholeNumber(value.length - shown.length)} more rows`] : []),
    ...(all.length > columns.length ? [`${wholeNumber(all.length - columns.length)} more columns`] : []),
  ]
  const grid = {
    columns,
    rows: shown.map(row => columns.map(name => cellText(row[name]))),
    numeric,
    ...(left.length > 0 ? { note: `… ${left.join(', ')}` } : {}),
  }
  return { 'text/html': htmlGrid(grid), 'text/plain': textGrid(grid) }
}

type Row = Record<string, unknown>

/** Whether all that could be shown are plain objects with the keys of the first, in any order, and no nested values. */
function isRows(value: object): value is Row[] {
  if (!Array.isArray(value) || value.length === 0 || !isPlain(value[0])) return false
  const keys = Object.keys(value[0])
  if (keys.length === 0) return false
  return value.slice(0, MOST_ROWS).every(row => {
    return (
      isPlain(row) &&
      Object.keys(row).length === keys.length &&
      keys.every(key => Object.hasOwn(row, key) && isFlat(row[key]))
    )
  })
}

export function isPlain(value: unknown): value is Row {
  if (typeof value !== 'object' || value === null) return false
  const prototype = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

function isFlat(value: unknown): boolean {
  return (typeof value !== 'object' && typeof value !== 'function') || value === null || value instanceof Date
}

function cellText(value: unknown): string {
  if (value === undefined || value === null) return ''
  if (typeof value === 'number') return shortNumber(value)
  const text = typeof value === 'string' ? value.replace(/\s+/g, ' ') : inspect(value)
  return text.length > LONGEST_CELL ? `${text.slice(0, LONGEST_CELL - 1)}…` : text
}
