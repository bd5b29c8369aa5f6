// From lines of a cell as it was written to the JavaScript that runs and back. Lines and columns count from 0.
import { eachMapping, originalPositionFor, TraceMap } from '@jridgewell/trace-mapping'

export interface Position {
  line: number
  column: number
}

export interface Positions {
  /** @returns undefined for what the cell has no line of: the conversion's own statements */
  toCell(line: number, column: number): Position | undefined
  /**
   * Where the script is to stop for a line of the cell.
   * @returns with the line that it stands for: the next one that has code; undefined when none has
   */
  toScript(line: number): { script: Position; line: number } | undefined
}

/** @param sourceMap from the script to the cell, as JSON */
export function cellPositions(sourceMap: string, code: string): Positions {
  const map = new TraceMap(sourceMap)
  const lines = code.split('\n').length
  let byLine: Map<number, { script: Position; column: number }> | undefined

  function toCell(line: number, column: number): Position | undefined {
    const { line: found, column: at } = originalPositionFor(map, { line: line + 1, column })
    return found === null || found > lines ? undefined : { line: found - 1, column: at }
  }

  /** For each line of the cell the place of its leftmost code. */
  function index(): Map<number, { script: Position; column: number }> {
    const found = new Map<number, { script: Position; column: number }>()
    eachMapping(map, ({ generatedLine, generatedColumn, originalLine, originalColumn }) => {
      if (originalLine === null) return
      const other = found.get(originalLine - 1)
      if (other && other.column <= originalColumn) return
      const script = { line: generatedLine - 1, column: generatedColumn }
      found.set(originalLine - 1, { script, column: originalColumn })
    })
    return found
  }

  return {
    toCell,
    toScript(wanted) {
      byLine ??= index()
      for (let line = wanted; line < lines; line++) {
        const found = byLine.get(line)
        if (found) return { script: found.script, line }
      }
      return undefined
    },
  }
}
