// Whether a console should run what was typed so far or wait for more.
import type ts from 'typescript'
import type { Completeness } from './types.js'
import type { TypeScript } from './workspace.js'

/** Errors that more text can mend wherever TypeScript says that they are: unterminated template, open comment. */
const OPEN_ENDED = new Set([1160, 1010])

export function isComplete(ts: TypeScript, code: string): Completeness {
  const file = ts.createSourceFile('cell.ts', code, ts.ScriptTarget.Latest, true)
  const { parseDiagnostics } = file as ts.SourceFile & { parseDiagnostics: ts.Diagnostic[] }
  const first = parseDiagnostics[0]
  if (!first) return { status: 'complete' }
  const end = code.trimEnd().length
  const atEnd = (first.start ?? 0) >= end || OPEN_ENDED.has(first.code)
  return atEnd ? { status: 'incomplete', indent: nextIndent(code) } : { status: 'invalid' }
}

/** The last line's indentation, two spaces deeper after an opening bracket. */
function nextIndent(code: string): string {
  const line = code.trimEnd().split('\n').at(-1) ?? ''
  const indent = /^\s*/.exec(line)![0]
  return /[{([]$/.test(line) ? `${indent}  ` : indent
}
