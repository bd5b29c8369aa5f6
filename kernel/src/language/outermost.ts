// Which variables of a cell its JavaScript keeps twice: for the debugger.
import type ts from 'typescript'
import type { TypeScript } from './workspace.js'

/**
 * The names that a cell declares by `let` or `var` at its top level and nowhere else. What it assigns to them later
 * goes to the notebook's variables; the ones that the debugger finds in the running code stay behind.
 */
export function outermostNames(ts: TypeScript, code: string): string[] {
  const file = ts.createSourceFile('cell.ts', code, ts.ScriptTarget.Latest, true)
  const counts = new Map<string, number>()
  const outermost = new Set<string>()
  const visit = (node: ts.Node): void => {
    if (
      (ts.isVariableDeclaration(node) || ts.isBindingElement(node) || ts.isParameter(node)) &&
      ts.isIdentifier(node.name)
    ) {
      counts.set(node.name.text, (counts.get(node.name.text) ?? 0) + 1)
      if (isOutermost(ts, node)) outermost.add(node.name.text)
    }
    ts.forEachChild(node, visit)
  }
  visit(file)
  return [...outermost].filter(name => counts.get(name) === 1)
}

function isOutermost(ts: TypeScript, node: ts.Node): boolean {
  let list = node.parent
  while (ts.isBindingElement(list) || ts.isBindingName(list) || ts.isVariableDeclaration(list)) list = list.parent
  if (!ts.isVariableDeclarationList(list) || list.flags & ts.NodeFlags.Const) return false
  return ts.isVariableStatement(list.parent) && ts.isSourceFile(list.parent.parent)
}
