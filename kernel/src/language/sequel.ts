// A cell on the program of the cell before it. A new program costs a new type checker, which begins by merging the
// declarations of TypeScript's library, of Node and of all that is imported: milliseconds for a line of code. Cells
// are modules, and add nothing to what the checker has merged; so the checker can be shown one more file, as long as
// that imports nothing new.
import type ts from 'typescript'
import type { Program, TypeScript } from './workspace.js'

/** Checks on one checker before it is given up: it keeps what it was shown. */
const LONGEST = 500
/** What a module says to others: reaching into the global scope or into another module. */
const REACHES_OUT = /\bdeclare\s+(?:global|module)\b|^\s*\/\/\/\s*</m

/** What of TypeScript's internals is used; none of it is in the public declarations. */
interface Internals {
  bindSourceFile(file: ts.SourceFile, options: ts.CompilerOptions): void
  getSetExternalModuleIndicator(options: ts.CompilerOptions): (file: ts.SourceFile) => void
}

type SourceFile = ts.SourceFile & {
  path: string
  resolvedPath: string
  originalFileName: string
  version: string
  imports: ts.StringLiteralLike[]
  moduleAugmentations: never[]
  ambientModuleNames: never[]
}

type ProgramInside = ts.Program & {
  getSourceFileByPath(path: string): ts.SourceFile | undefined
  getResolvedModule(file: ts.SourceFile, name: string, mode: ts.ResolutionMode): unknown
  getResolvedModuleFromModuleSpecifier(specifier: ts.StringLiteralLike, file?: ts.SourceFile): unknown
}

export interface Texts {
  earlier: string
  cell: string
}

export interface Sequels {
  /** Gives the program with another cell; undefined when that takes a program of its own. */
  next(texts: Texts): Program | undefined
  /** Reads the declarations for the cell to come. */
  readAhead(earlier: string): void
}

/** @param files the names of both files, as they are at each time */
export function createSequels(ts: TypeScript, program: ts.Program, files: Readonly<Texts>): Sequels {
  const inside = program as ProgramInside
  const internals = ts as TypeScript & Internals
  const options = program.getCompilerOptions()
  const original = { ...inside }
  const checker = program.getTypeChecker()
  const first = { earlier: program.getSourceFile(files.earlier)!, cell: program.getSourceFile(files.cell)! }
  const ambient = new Set(checker.getAmbientModules().map(({ name }) => name.slice(1, -1)))
  const known = new Map<string, ts.SourceFile>()
  for (const file of [first.earlier, first.cell])
    for (const { text } of (file as SourceFile).imports) known.set(text, file)
  const shown = new Set<ts.SourceFile>()
  let current: { earlier: ts.SourceFile; cell: ts.SourceFile } = first
  let ahead: ts.SourceFile | undefined
  let count = REACHES_OUT.test(first.cell.text) || REACHES_OUT.test(first.earlier.text) ? LONGEST : 0

  inside.getSourceFile = name =>
    name === files.cell ? current.cell : name === files.earlier ? current.earlier : original.getSourceFile(name)
  inside.getSourceFileByPath = path =>
    [...shown].find(file => (file as SourceFile).path === path) ?? original.getSourceFileByPath(path)
  inside.getResolvedModule = (file, name, mode) =>
    original.getResolvedModule(shown.has(file) ? (known.get(name) ?? file) : file, name, mode)
  inside.getResolvedModuleFromModuleSpecifier = (specifier, file = specifier.getSourceFile()) =>
    inside.getResolvedModule(file, specifier.text, ts.getModeForUsageLocation(file, specifier, options))
  // The checker keeps what it found by a file's name: of earlier cells, too.
  inside.getSemanticDiagnostics = (file, ...rest) => {
    const found = original.getSemanticDiagnostics(file, ...rest)
    return file && shown.has(file) ? found.filter(diagnostic => diagnostic.file === file) : found
  }

  return {
    next(texts) {
      if (count >= LONGEST) return undefined
      if (REACHES_OUT.test(texts.cell)) {
        count = LONGEST
        return undefined
      }
      const known = [current.earlier, ahead].find(file => file?.text === texts.earlier)
      const earlier = known ?? parse(files.earlier, texts.earlier)
      const cell = parse(files.cell, texts.cell)
      if (!earlier || !cell) return undefined
      ahead = undefined
      for (const file of [current.earlier, current.cell]) if (file !== earlier) shown.delete(file)
      for (const file of [earlier, cell]) shown.add(file)
      current = { earlier, cell }
      return { program, ...current }
    },
    readAhead(earlier) {
      if (count < LONGEST && current.earlier.text !== earlier) ahead = parse(files.earlier, earlier)
    },
  }

  function parse(name: string, text: string): ts.SourceFile | undefined {
    const file = ts.createSourceFile(
      name,
      text,
      {
        languageVersion: options.target!,
        setExternalModuleIndicator: internals.getSetExternalModuleIndicator(options),
        jsDocParsingMode: ts.JSDocParsingMode.ParseAll,
      },
      true,
    ) as SourceFile
    file.imports = /\b(?:import|from|require)\b/.test(text) ? specifiersIn(ts, file) : []
    if (!file.imports.every(({ text }) => known.has(text) || ambient.has(text))) return undefined
    // By its path TypeScript keeps what it found out about a file.
    file.path = `${name}#${++count}`
    file.resolvedPath = file.path
    file.originalFileName = name
    file.version = String(count)
    file.moduleAugmentations = []
    file.ambientModuleNames = []
    internals.bindSourceFile(file, options)
    return file
  }
}

/** The specifiers of imports, exports and import types, of `import(…)` and `require(…)`. */
function specifiersIn(ts: TypeScript, file: ts.SourceFile): ts.StringLiteralLike[] {
  const found: ts.StringLiteralLike[] = []
  const add = (node: ts.Node | undefined): void => {
    if (node && ts.isStringLiteralLike(node)) found.push(node)
  }
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) add(node.moduleSpecifier)
    else if (ts.isExternalModuleReference(node)) add(node.expression)
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) add(node.argument.literal)
    else if (ts.isCallExpression(node) && isLoading(node.expression)) add(node.arguments[0])
    ts.forEachChild(node, visit)
  }
  visit(file)
  return found

  function isLoading(callee: ts.Expression): boolean {
    return callee.kind === ts.SyntaxKind.ImportKeyword || (ts.isIdentifier(callee) && callee.text === 'require')
  }
}
