// Text and numbers as they stand in tables and notes.

export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
}

/** Four digits that count. */
export function shortNumber(x: number): string {
  if (Number.isInteger(x) && Math.abs(x) < 1e15) return String(x)
  return x !== 0 && Math.abs(x) < 1e-3 ? x.toExponential(3) : String(Number(x.toPrecision(4)))
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB']

export function byteCount(bytes: number): string {
  let unit = 0
  let count = bytes
  for (; count >= 1024 && unit < UNITS.length - 1; unit++) count /= 1024
  return `${unit === 0 ? count : count.toFixed(1)} ${UNITS[unit]}`
}

/** With thousands set apart. */
export const wholeNumber = (x: number): string => x.toLocaleString('en-US')

export interface Grid {
  columns: readonly string[]
  rows: readonly (readonly string[])[]
  /** Which columns stand right. */
  numeric: readonly boolean[]
  /** A line below, such as how many rows are not shown. */
  note?: string
}

export function htmlGrid({ columns, rows, numeric, note }: Grid): string {
  const cell = (tag: string) => (text: string, i: number) =>
    `<${tag} style="text-align: ${numeric[i] ? 'right' : 'left'}">${escapeHtml(text)}</${tag}>`
  const body = rows.map(row => `<tr>${row.map(cell('td')).join('')}</tr>`).join('\n')
  const table = `<table>\n<thead><tr>${columns.map(cell('th')).join('')}</tr></thead>\n<tbody>\n${body}\n</tbody>\n</table>`
  return note ? `${table}\n<p>${escapeHtml(note)}</p>` : table
}

export function textGrid({ columns, rows, numeric, note }: Grid): string {
  const all = [columns, ...rows]
  const widths = columns.map((_, i) => Math.max(...all.map(row => [...row[i]!].length)))
  const pad = (text: string, i: number) => {
    const space = ' '.repeat(widths[i]! - [...text].length)
    return numeric[i] ? space + text : text + space
  }
  const lines = all.map(row => row.map(pad).join('  ').trimEnd())
  return [...lines, ...(note ? [note] : [])].join('\n')
}
