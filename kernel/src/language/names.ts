// Which names the top level of a cell declares, seen from the syntax alone.
import type ts from 'typescript'
import type { TypeScript } from './workspace.js'

export interface Names {
  /** All, in order of appearance. */
  declared: string[]
  /** Those among them that an `export` of the cell's own names. */
  exported: Set<string>
}

export function topLevelNames(ts: TypeScript, file: ts.SourceFile): Names {
  const declared = new Set<string>()
  const exported = new Set<string>()
  for (const statement of file.statements) {
    const names = namesOf(ts, statement)
    for (const name of names) declared.add(name)
    if (ts.canHaveModifiers(statement) && ts.getModifiers(statement)?.some(isExport)) {
      for (const name of names) exported.add(name)
    }
  }
  return { declared: [...declared], exported }

  function isExport({ kind }: ts.Modifier): boolean {
    return kind === ts.SyntaxKind.ExportKeyword
  }
}

/** The names that one statement declares. */
export function namesOf(ts: TypeScript, statement: ts.Statement): string[] {
  if (ts.isVariableStatement(statement)) return statement.declarationList.declarations.flatMap(d => bound(ts, d.name))
  if (ts.isImportDeclaration(statement)) return imported(ts, statement)
  if (
    ts.isFunctionDeclaration(statement) ||
    ts.isClassDeclaration(statement) ||
    ts.isEnumDeclaration(statement) ||
    ts.isInterfaceDeclaration(statement) ||
    ts.isTypeAliasDeclaration(statement) ||
    ts.isImportEqualsDeclaration(statement)
  ) {
    return statement.name && statement.name.text !== '' ? [statement.name.text] : []
  }
  // `declare global` and `declare module 'name'` add to what is elsewhere.
  if (ts.isModuleDeclaration(statement) && ts.isIdentifier(statement.name) && !isGlobal(ts, statement)) {
    return [statement.name.text]
  }
  return []
}

export function isGlobal(ts: TypeScript, { flags }: ts.ModuleDeclaration): boolean {
  return (flags & ts.NodeFlags.GlobalAugmentation) !== 0
}

/** The names of a variable or of a destructuring pattern. */
export function bound(ts: TypeScript, name: ts.BindingName): string[] {
  if (ts.isIdentifier(name)) return name.text === '' ? [] : [name.text]
  return name.elements.flatMap(element => (ts.isOmittedExpression(element) ? [] : bound(ts, element.name)))
}

function imported(ts: TypeScript, { importClause }: ts.ImportDeclaration): string[] {
  const { name, namedBindings } = importClause ?? {}
  const names = name ? [name.text] : []
  if (!namedBindings) return names
  if (ts.isNamespaceImport(namedBindings)) return [...names, namedBindings.name.text]
  return [...names, ...namedBindings.elements.map(element => element.name.text)]
}
