// What could stand at the cursor: names, members, keys of an options object, members of a union of strings, paths of
// imports.
import type ts from 'typescript'
import { signatureOf } from './signatures.js'
import type { Completion, Match } from './types.js'
import type { TypeScript, Workspace } from './workspace.js'

/** Signatures take time to write: so long, in milliseconds. */
const SIGNATURE_BUDGET = 8
const PREFERENCES: ts.GetCompletionsAtPositionOptions = {
  includeSymbol: true,
  includeCompletionsWithInsertText: true,
  includeCompletionsForModuleExports: false,
  includeCompletionsForImportStatements: false,
}

export function complete(
  ts: TypeScript,
  workspace: Workspace,
  declarations: string,
  code: string,
  position: number,
): Completion {
  const { service, cellFile } = workspace
  const { cell, program } = workspace.update(declarations, code)
  const found = service.getCompletionsAtPosition(cellFile, position, PREFERENCES)
  const { start, end } = typed(ts, cell, position)
  if (!found) return { start: position, end: position, matches: [] }
  const prefix = code.slice(start, position)
  const ranked = found.entries
    .filter(({ kind, name }) => kind !== ts.ScriptElementKind.warning && rankOf(name, prefix) < 3)
    .sort(
      (a, b) =>
        rankOf(a.name, prefix) - rankOf(b.name, prefix) || compare(a.sortText, b.sortText) || compare(a.name, b.name),
    )
  return { start, end, matches: withSignatures(ranked) }

  function withSignatures(entries: ts.CompletionEntry[]): Match[] {
    const checker = program.getTypeChecker()
    const end = performance.now() + SIGNATURE_BUDGET
    return entries.map(({ name, kind, symbol }) => {
      const signature = symbol && signatureOf(ts, checker, symbol, cell, end)
      return { text: name, kind, ...(signature ? { signature } : {}) }
    })
  }
}

/** By the numbers of characters: rules of a language would take milliseconds. */
const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)

/** 0 where a name begins with what was typed, 1 in any case, 2 where it has it within, 3 otherwise. */
function rankOf(name: string, prefix: string): number {
  if (name.startsWith(prefix)) return 0
  const [lower, wanted] = [name.toLowerCase(), prefix.toLowerCase()]
  if (lower.startsWith(wanted)) return 1
  return lower.includes(wanted) ? 2 : 3
}

/** The name, or the part of a string, that the cursor is on. */
function typed(ts: TypeScript, cell: ts.SourceFile, position: number): { start: number; end: number } {
  const node = innermost(ts, cell, position)
  const { text } = cell
  if (node && ts.isStringLiteralLike(node) && position > node.getStart(cell)) {
    const inner = node.getStart(cell) + 1
    const closed = node.end - inner > 0 && text[node.end - 1] === text[node.getStart(cell)]
    const end = closed ? node.end - 1 : node.end
    // In a path only its last part is completed.
    const start = Math.max(inner, text.lastIndexOf('/', position - 1) + 1)
    return { start, end: isPath(ts, node) ? nextSlash(text, position, end) : end }
  }
  let start = position
  while (start > 0 && /[\p{ID_Continue}$\u200c\u200d]/u.test(text[start - 1]!)) start--
  let end = position
  while (end < text.length && /[\p{ID_Continue}$\u200c\u200d]/u.test(text[end]!)) end++
  return { start, end }
}

function nextSlash(text: string, position: number, end: number): number {
  const at = text.indexOf('/', position)
  return at < 0 || at > end ? end : at
}

function isPath(ts: TypeScript, { parent }: ts.Node): boolean {
  return ts.isImportDeclaration(parent) || ts.isExportDeclaration(parent) || ts.isCallExpression(parent)
}

function innermost(ts: TypeScript, file: ts.SourceFile, position: number): ts.Node | undefined {
  let found: ts.Node | undefined
  const visit = (node: ts.Node): void => {
    if (node.getStart(file) >= position || node.end < position) return
    found = node
    ts.forEachChild(node, visit)
  }
  ts.forEachChild(file, visit)
  return found
}
