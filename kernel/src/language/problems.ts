// Errors of TypeScript as problems of a cell or of a module of the notebook's.
import { relative } from 'node:path'
import type ts from 'typescript'
import type { Problem } from './types.js'
import type { TypeScript } from './workspace.js'

/** A module that could not be found: "cannot find module", "is not a module", "no declarations for it". */
export const UNRESOLVED = new Set([2307, 2306, 2732, 2792, 5097])

/** @param end length of the cell's own text: what TypeScript finds behind it is said of its end */
export function toProblem(
  ts: TypeScript,
  { file, start = 0, length = 1, messageText, code }: ts.Diagnostic,
  { cell, folder, end }: { cell: ts.SourceFile; folder: string; end: number },
): Problem {
  const text = ts.flattenDiagnosticMessageText(messageText, '\n')
  if (!file) return { line: 0, character: 0, length: 1, text, code, source: '' }
  const own = file === cell
  const from = own ? Math.min(start, end) : start
  const to = own ? Math.min(start + length, end) : start + length
  const { line, character } = file.getLineAndCharacterOfPosition(from)
  const last = file.getLineAndCharacterOfPosition(to)
  const source = file.text.slice(file.getPositionOfLineAndCharacter(line, 0)).split(/\r?\n/, 1)[0]!
  return {
    line,
    character,
    length: Math.max(1, last.line === line ? last.character - character : source.length - character),
    text,
    code,
    source,
    ...(own ? {} : { file: relative(folder, file.fileName) }),
  }
}
