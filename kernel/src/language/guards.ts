// Where a program catches exceptions: for the debugger, which is to stop at those that nobody catches.
import type ts from 'typescript'
import type { TypeScript } from './workspace.js'

/** A part of a program in UTF-16 units: the body of a `try` that has a `catch`, or a function. */
export interface Guard {
  start: number
  end: number
  catches: boolean
}

export function findGuards(ts: TypeScript, code: string): Guard[] {
  const found: Guard[] = []
  const visit = (node: ts.Node): void => {
    const catches =
      ts.isTryStatement(node.parent) && node.parent.catchClause !== undefined && node === node.parent.tryBlock
    if (catches || ts.isFunctionLike(node)) found.push({ start: node.pos, end: node.end, catches })
    ts.forEachChild(node, visit)
  }
  const file = ts.createSourceFile('script.js', code, ts.ScriptTarget.Latest, true)
  ts.forEachChild(file, visit)
  return found
}
