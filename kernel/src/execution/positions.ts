// Stack traces name lines of the JavaScript that runs; here they become lines of the cell as it was written.
import { SourceMap } from 'node:module'
import type { CellMaps } from '../language/typescript.js'

interface MappedCell {
  maps: CellMaps
  /** Lines of JavaScript; what lies behind them is tslab's wrapper. */
  lines: number
}

/** tslab's converter puts one line before the cell. */
const LINES_BEFORE_CELL = 1

const cells = new Map<string, MappedCell>()

/** Names a cell's JavaScript, for stack traces, and keeps its maps for as long as the process lives. */
export function nameCell(cell: string, javascript: string, maps: CellMaps): string {
  cells.set(cell, { maps, lines: javascript.split('\n').length })
  return `${javascript}\n//# sourceURL=${cell}`
}

/** @returns the stack line with positions in cells as written; undefined for a line that no cell has */
export function mapStackLine(line: string): string | undefined {
  let inWrapper = false
  const mapped = line.replace(/(cell\[\d+\]):(\d+):(\d+)/g, (whole, name: string, row: string, column: string) => {
    const cell = cells.get(name)
    if (!cell) return whole
    const position = locate(cell, Number(row) - 1, Number(column) - 1)
    if (!position) inWrapper = true
    return position ? `${name}:${position.line + 1}:${position.column + 1}` : whole
  })
  return inWrapper ? undefined : mapped
}

function locate({ maps, lines }: MappedCell, row: number, column: number) {
  // The first line holds "use strict" and tslab's wrapper, the lines behind the last the wrapper's end.
  if (row === 0 || row >= lines) return undefined
  const inModule = entryAt(maps.toCommonJs, row, column)
  const inCell = inModule && entryAt(maps.toModule, inModule.line, inModule.column)
  if (!inCell || inCell.line < LINES_BEFORE_CELL) return undefined
  return { line: inCell.line - LINES_BEFORE_CELL, column: inCell.column }
}

function entryAt(map: string, row: number, column: number): { line: number; column: number } | undefined {
  const entry = new SourceMap(JSON.parse(map)).findEntry(row, column)
  return 'originalLine' in entry ? { line: entry.originalLine, column: entry.originalColumn } : undefined
}
