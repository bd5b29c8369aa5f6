// The notebook's declarations: what the cells so far have declared, as the text of one declaration file. A cell's own
// replace those of the same names; one that others still refer to (a class that was declared anew while a value of the
// old class lives) stays under another name.
import type ts from 'typescript'
import { isGlobal, namesOf } from './names.js'
import type { TypeScript } from './workspace.js'

/** What a name can stand for at once. */
const VALUE = 1
const TYPE = 2

/**
 * @param earlier the declarations so far, as part of the checker's program
 * @param added the cell's own, as TypeScript writes them
 */
export function mergeDeclarations(
  ts: TypeScript,
  checker: ts.TypeChecker,
  earlier: ts.SourceFile,
  added: string,
): string {
  const parsed = ts.createSourceFile('cell.d.ts', added, ts.ScriptTarget.Latest)
  const statements = parsed.statements.filter(statement => !isExport(statement))
  const texts = statements.map(statement => withoutExport(statement.getText(parsed)))
  const meanings = new Map<string, number>()
  for (const statement of statements) {
    for (const name of namesOf(ts, statement)) {
      meanings.set(name, (meanings.get(name) ?? 0) | meaningOf(statement))
    }
  }
  if (addsOnly()) return earlier.text.replace(/^export \{\}\n/, '') + linesOf(texts)
  return linesOf([...keptOf(), ...texts])

  /** Whether nothing of the earlier ones is touched, as is usual. */
  function addsOnly(): boolean {
    if (statements.some(statement => namesOf(ts, statement).length === 0)) return false
    return !earlier.statements.some(statement => namesOf(ts, statement).some(name => meanings.has(name)))
  }

  function keptOf(): string[] {
    const own = new Set(texts)
    const kept: ts.Statement[] = []
    const replaced: ts.Statement[] = []
    for (const statement of earlier.statements) {
      if (isExport(statement)) continue
      const names = namesOf(ts, statement)
      const gone = names.filter(name => ((meanings.get(name) ?? 0) & meaningOf(statement)) !== 0)
      if (gone.length === 0 || gone.length < names.length) kept.push(statement)
      // The same cell run again, or `declare global` once more: nothing new.
      if (gone.length > 0 && !own.has(statement.getText(earlier))) replaced.push(statement)
    }
    const renamed = renamesOf(kept, replaced)
    const texts_ = [...replaced.filter(statement => namesOf(ts, statement).some(name => renamed.has(name))), ...kept]
      .map(statement => textOf(statement, renamed))
      .filter(text => text !== '' && !own.has(text))
    return texts_.filter((text, index) => !isForgotten(text, texts_, index))
  }

  /** New names for what is replaced while others refer to it. */
  function renamesOf(kept: ts.Statement[], replaced: ts.Statement[]): Map<string, string> {
    const renames = new Map<string, string>()
    if (replaced.length === 0) return renames
    // What is renamed may itself refer to something replaced: look until there is nothing more.
    const searched = new Set<ts.Statement>()
    const waiting = [...kept]
    for (let statement = waiting.pop(); statement; statement = waiting.pop()) {
      if (searched.has(statement)) continue
      searched.add(statement)
      for (const name of identifiersOf(statement)) {
        if (!meanings.has(name.text) || isDeclared(name)) continue
        const target = replaced.find(candidate => declares(candidate, name))
        if (!target) continue
        renames.set(name.text, renames.get(name.text) ?? freeName(name.text))
        waiting.push(target)
      }
    }
    return renames
  }

  function identifiersOf(statement: ts.Statement): ts.Identifier[] {
    const found: ts.Identifier[] = []
    const visit = (node: ts.Node): void => {
      if (ts.isIdentifier(node)) found.push(node)
      ts.forEachChild(node, visit)
    }
    visit(statement)
    return found
  }

  function isDeclared(name: ts.Identifier): boolean {
    const parent = name.parent as ts.Node & { name?: ts.Node }
    return parent.name === name
  }

  function declares(statement: ts.Statement, name: ts.Identifier): boolean {
    const declarations = checker.getSymbolAtLocation(name)?.declarations ?? []
    return declarations.some(declaration => ts.findAncestor(declaration, node => node === statement))
  }

  function freeName(name: string): string {
    const base = name.replace(/\$\d+$/, '')
    for (let number = 1; ; number++) {
      const candidate = `${base}$${number}`
      if (!earlier.text.includes(candidate)) return candidate
    }
  }

  /** A statement of the earlier ones, with replaced names taken out or, where it is referred to, renamed. */
  function textOf(statement: ts.Statement, renamed: Map<string, string>): string {
    const names = namesOf(ts, statement)
    const goes = (name: string) => ((meanings.get(name) ?? 0) & meaningOf(statement)) !== 0 && !renamed.has(name)
    if (!names.some(name => meanings.has(name)) && renamed.size === 0) return statement.getText(earlier)
    const edits: { start: number; end: number; text: string }[] = []
    for (const name of identifiersOf(statement)) {
      const text = renamed.get(name.text)
      if (text === undefined || !refersToReplaced(name)) continue
      const specifier = ts.isImportSpecifier(name.parent) && !name.parent.propertyName
      edits.push({ start: name.getStart(earlier), end: name.end, text: specifier ? `${name.text} as ${text}` : text })
    }
    if (ts.isVariableStatement(statement) && names.some(goes)) {
      const { declarations } = statement.declarationList
      const left = declarations.filter(({ name }) => !goes(name.getText(earlier)))
      if (left.length === 0) return ''
      const texts = left.map(declaration => cut(declaration, edits))
      const keyword = (statement.declarationList.flags & ts.NodeFlags.Const) !== 0 ? 'const' : 'let'
      return `declare ${keyword} ${texts.join(', ')};`
    }
    if (ts.isImportDeclaration(statement) && names.some(goes)) return importWithout(statement, goes)
    return cut(statement, edits)
  }

  function refersToReplaced(name: ts.Identifier): boolean {
    const declarations = checker.getSymbolAtLocation(name)?.declarations ?? []
    return declarations.some(declaration => {
      const statement = ts.findAncestor(declaration, node => ts.isSourceFile(node.parent)) as ts.Statement | undefined
      return statement?.parent === earlier && ((meanings.get(name.text) ?? 0) & meaningOf(statement)) !== 0
    })
  }

  function cut(node: ts.Node, edits: { start: number; end: number; text: string }[]): string {
    let text = ''
    let at = node.getStart(earlier, true)
    for (const edit of edits.filter(({ start, end }) => start >= at && end <= node.end)) {
      text += earlier.text.slice(at, edit.start) + edit.text
      at = edit.end
    }
    return text + earlier.text.slice(at, node.end)
  }

  function importWithout({ importClause, moduleSpecifier }: ts.ImportDeclaration, goes: (name: string) => boolean) {
    const { name, namedBindings, isTypeOnly } = importClause!
    const parts: string[] = []
    if (name && !goes(name.text)) parts.push(name.text)
    if (namedBindings && ts.isNamespaceImport(namedBindings)) {
      if (!goes(namedBindings.name.text)) parts.push(namedBindings.getText(earlier))
    } else if (namedBindings) {
      const left = namedBindings.elements.filter(element => !goes(element.name.text))
      if (left.length > 0) parts.push(`{ ${left.map(element => element.getText(earlier)).join(', ')} }`)
    }
    if (parts.length === 0) return ''
    return `import ${isTypeOnly ? 'type ' : ''}${parts.join(', ')} from ${moduleSpecifier.getText(earlier)};`
  }

  /** Whether something lives on under another name only and nobody refers to it any more. */
  function isForgotten(text: string, all: string[], index: number): boolean {
    const name =
      /^declare (?:abstract )?(?:class|interface|enum|const|let|function|namespace|type) ([\w$]+\$\d+)\b/.exec(
        text,
      )?.[1]
    return name !== undefined && !all.some((other, at) => at !== index && other.includes(name))
  }

  function isExport(statement: ts.Statement): boolean {
    return ts.isExportDeclaration(statement) || ts.isExportAssignment(statement)
  }

  function meaningOf(statement: ts.Statement): number {
    if (ts.isVariableStatement(statement) || ts.isFunctionDeclaration(statement)) return VALUE
    if (ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement)) return TYPE
    if (ts.isModuleDeclaration(statement) && isGlobal(ts, statement)) return 0
    return VALUE | TYPE
  }
}

function withoutExport(text: string): string {
  return text.replace(/^export (?:default )?(?=declare |interface |type |abstract |class |function |const |let )/, '')
}

const linesOf = (texts: string[]) => texts.map(text => `${text}\n`).join('')
