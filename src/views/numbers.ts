/** The numbers behind a drawing as a table: the extension shows it, and both write it as CSV. */

export type Cell = string | number | null | undefined

export interface NumbersTable {
  readonly head: readonly string[]
  readonly body: readonly (readonly Cell[])[]
}

/** The table as CSV (RFC 4180), every digit kept; a number that is missing is an empty field. */
export function csv({ head, body }: NumbersTable): string {
  return [head, ...body].map(cells => `${cells.map(cell => field(cell, ',')).join(',')}\r\n`).join('')
}

/** The table as text that a spreadsheet takes when it is pasted. */
export function tabbed({ head, body }: NumbersTable): string {
  return [head, ...body].map(cells => cells.map(cell => field(cell, '\t')).join('\t')).join('\n')
}

function field(cell: Cell, separator: ',' | '\t'): string {
  if (typeof cell === 'number') return Number.isFinite(cell) ? String(cell) : ''
  // A spreadsheet would run a text that begins so as a formula, and labels may come from anybody.
  const text = /^[=+\-@\t\r]/.test(cell ?? '') ? `'${cell}` : (cell ?? '')
  return text.includes(separator) || /["\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
