// Stack traces name lines of the JavaScript that runs; here they become lines of the cell as it was written.
import { SourceMap } from 'node:module'

interface Source {
  map: string
  /** Lines of JavaScript; what lies behind them is the wrapper that runs it. */
  lines: number
}

/** The first line holds "use strict" and the beginning of the wrapper. */
const FIRST_ROW = 1

const sources = new Map<string, Source>()

/** Keeps the map of what runs under a name, a cell's or a file's, for as long as the process lives. */
export function nameSource(name: string, javascript: string, map: string): void {
  sources.set(name, { map, lines: javascript.split('\n').length })
}

/** @returns the stack line with positions in what was written; undefined for a line that nobody wrote */
export function mapStackLine(line: string): string | undefined {
  let inWrapper = false
  const mapped = line.replace(
    /(cell\[\*?\d+\]|\/[^\s:()]+):(\d+):(\d+)/g,
    (whole, name: string, row: string, column: string) => {
      const source = sources.get(name)
      if (!source) return whole
      const position = locate(source, Number(row) - 1, Number(column) - 1)
      if (!position) inWrapper = true
      return position ? `${name}:${position.line + 1}:${position.column + 1}` : whole
    },
  )
  return inWrapper ? undefined : mapped
}

function locate({ map, lines }: Source, row: number, column: number) {
  return row < FIRST_ROW || row >= lines ? undefined : entryAt(map, row, column)
}

function entryAt(map: string, row: number, column: number): { line: number; column: number } | undefined {
  const entry = new SourceMap(JSON.parse(map)).findEntry(row, column)
  return 'originalLine' in entry ? { line: entry.originalLine, column: entry.originalColumn } : undefined
}
