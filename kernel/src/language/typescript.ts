// tslab's converter is written for a fork of TypeScript 5.0. Here the current TypeScript takes the fork's place: the
// few names that only the fork has are supplied, and compiler options, file watching and types are set for notebooks.
// Must run before tslab's modules are loaded.
import { createRequire } from 'node:module'
import { dirname, join, sep } from 'node:path'
import type ts from 'typescript'

const require = createRequire(import.meta.url)

/** What of TypeScript's internals is used; none of it is in the public declarations. */
interface Internals {
  getTouchingPropertyName(file: ts.SourceFile, position: number): ts.Node
  getContainerNode(node: ts.Node): ts.Node
  createTextSpanFromNode(node: ts.Node, file: ts.SourceFile): ts.TextSpan
  typeToDisplayParts(checker: ts.TypeChecker, type: ts.Type, container: ts.Node): ts.SymbolDisplayPart[]
  sortAndDeduplicateDiagnostics(diagnostics: readonly ts.Diagnostic[]): readonly ts.Diagnostic[]
  nullTransformationContext: ts.TransformationContext
  SymbolDisplay: {
    getSymbolDisplayPartsDocumentationAndSymbolKind(
      checker: ts.TypeChecker,
      symbol: ts.Symbol,
      file: ts.SourceFile,
      container: ts.Node,
      node: ts.Node,
    ): {
      symbolKind: ts.ScriptElementKind
      displayParts: ts.SymbolDisplayPart[]
      documentation: ts.SymbolDisplayPart[]
      tags: ts.JSDocTagInfo[]
    }
    getSymbolModifiers(checker: ts.TypeChecker, symbol: ts.Symbol): string
  }
  Completions: Record<string, unknown> & {
    getCompletionsAtPosition(...args: unknown[]): ts.CompletionInfo | undefined
  }
}

export type TypeScript = typeof ts & Internals

/** The diagnostic by which tslab's converter recognises `await` at the top level. */
const AWAIT_ONLY_IN_ASYNC = 1308

/** Source maps of the two steps from a cell to what runs: to an ES module, and from there to CommonJS. */
export interface CellMaps {
  toModule: string
  toCommonJs: string
}

export interface Installed {
  ts: TypeScript
  /** The maps of what was converted last; tslab has no place for them in its results. */
  latestMaps: CellMaps
}

/** Puts TypeScript in the fork's place for tslab and returns it. */
export function installTypeScript(): Installed {
  const latestMaps: CellMaps = { toModule: '', toCommonJs: '' }
  let checker: ts.TypeChecker
  const original = require('typescript') as TypeScript
  const fork = createRequire(require.resolve('tslab/dist/converter.js')).resolve('@tslab/typescript-for-tslab')
  const shim = {
    ...original,
    Completions: {
      ...original.Completions,
      getCompletionsAtPositionForTslab: (...args: unknown[]) => original.Completions.getCompletionsAtPosition(...args),
    },
    getNullTransformationContext: () => original.nullTransformationContext,
    getDefaultTypeRoots,
    getPreEmitDiagnosticsOfFiles: (program: ts.Program, files: ts.SourceFile[]) => {
      checker = program.getTypeChecker()
      return preEmitDiagnostics(original, program, files)
    },
    visitEachChild: (node: ts.Node, ...rest: unknown[]) =>
      original.isShorthandPropertyAssignment(node)
        ? spellOut(original, checker, node)
        : (original.visitEachChild as (...args: unknown[]) => ts.Node)(node, ...rest),
    transpileModule: (code: string, { compilerOptions, ...options }: ts.TranspileOptions) => {
      const output = original.transpileModule(code, {
        ...options,
        compilerOptions: { ...compilerOptions, sourceMap: true },
      })
      latestMaps.toCommonJs = output.sourceMapText ?? ''
      return { ...output, outputText: withoutMapComment(output.outputText) }
    },
    getQuickInfoAtPosition: (file: ts.SourceFile, checker: ts.TypeChecker, _token: unknown, position: number) =>
      quickInfo(original, file, checker, position),
    createWatchCompilerHost: (files: string[], options: ts.CompilerOptions, system: ts.System, ...rest: unknown[]) =>
      watchCompilerHost(original, files, options, system, rest, map => {
        latestMaps.toModule = map
      }),
  }
  require.cache[fork] = { id: fork, filename: fork, loaded: true, exports: shim } as unknown as NodeJS.Module
  return { ts: original, latestMaps }
}

const withoutMapComment = (code: string) => code.replace(/\n\/\/# sourceMappingURL=\S*\s*$/, '\n')

/** The file in which tslab keeps the declarations of earlier cells. */
const isEarlierCell = (declaration: ts.Node) => declaration.getSourceFile().fileName.endsWith('/__prev__.d.ts')

/**
 * tslab makes `exports.x` of a name from an earlier cell, but misses it in `{ x }`: here it becomes `{ x: exports.x }`.
 */
function spellOut(ts: TypeScript, checker: ts.TypeChecker, node: ts.ShorthandPropertyAssignment): ts.Node {
  const written = ts.getParseTreeNode(node, ts.isShorthandPropertyAssignment)
  const symbol = written && checker.getShorthandAssignmentValueSymbol(written)
  if (!symbol?.declarations?.some(isEarlierCell)) return node
  const { factory } = ts
  const value = factory.createPropertyAccessExpression(factory.createIdentifier('exports'), node.name.text)
  const initializer = node.objectAssignmentInitializer
    ? factory.createAssignment(value, node.objectAssignmentInitializer)
    : value
  return factory.createPropertyAssignment(node.name.text, initializer)
}

/** The `node_modules/@types` folders of a folder and of those above it, nearest first. */
function getDefaultTypeRoots(folder: string, host: { directoryExists?(path: string): boolean }): string[] {
  const roots: string[] = []
  for (let at = folder; ; at = dirname(at)) {
    const root = join(at, 'node_modules', '@types')
    if (host.directoryExists?.(root)) roots.push(root)
    if (dirname(at) === at) return roots
  }
}

function preEmitDiagnostics(ts: TypeScript, program: ts.Program, files: ts.SourceFile[]): readonly ts.Diagnostic[] {
  const diagnostics: ts.Diagnostic[] = []
  for (const file of files) {
    diagnostics.push(...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file))
    diagnostics.push(...program.getDeclarationDiagnostics(file))
    const keyword = topLevelAwait(ts, file)
    // The fork forbids `await` outside of functions and tslab reads the error as a sign; TypeScript allows it.
    if (keyword !== undefined) {
      diagnostics.push({
        file,
        start: keyword,
        length: 'await'.length,
        code: AWAIT_ONLY_IN_ASYNC,
        category: ts.DiagnosticCategory.Error,
        messageText: 'await at the top level',
      })
    }
  }
  return ts.sortAndDeduplicateDiagnostics(diagnostics)
}

/** Where the first `await` keyword outside of any function is: `await x`, `for await`, `await using`. */
function topLevelAwait(ts: TypeScript, file: ts.SourceFile): number | undefined {
  const visit = (node: ts.Node): number | undefined => {
    if (ts.isFunctionLike(node) || ts.isClassStaticBlockDeclaration(node)) return undefined
    if (ts.isAwaitExpression(node)) return node.getStart(file)
    if (ts.isForOfStatement(node) && node.awaitModifier) return node.awaitModifier.getStart(file)
    if (ts.isVariableDeclarationList(node) && (node.flags & ts.NodeFlags.AwaitUsing) === ts.NodeFlags.AwaitUsing) {
      return node.getStart(file)
    }
    return ts.forEachChild(node, visit)
  }
  return visit(file)
}

function quickInfo(
  ts: TypeScript,
  file: ts.SourceFile,
  checker: ts.TypeChecker,
  position: number,
): ts.QuickInfo | undefined {
  const touching = ts.getTouchingPropertyName(file, position)
  if (touching === file) return undefined
  const constructed = ts.isNewExpression(touching.parent) && touching.pos === touching.parent.pos
  const node = constructed ? (touching.parent as ts.NewExpression).expression : touching
  const textSpan = ts.createTextSpanFromNode(node, file)
  const symbol = checker.getSymbolAtLocation(node)
  if (symbol) {
    const display = ts.SymbolDisplay.getSymbolDisplayPartsDocumentationAndSymbolKind(
      checker,
      symbol,
      file,
      ts.getContainerNode(node),
      node,
    )
    const { symbolKind: kind, displayParts, documentation, tags } = display
    return {
      kind,
      kindModifiers: ts.SymbolDisplay.getSymbolModifiers(checker, symbol),
      textSpan,
      displayParts,
      documentation,
      tags,
    }
  }
  if (!ts.isIdentifier(node) && node.kind !== ts.SyntaxKind.ThisKeyword) return undefined
  const type = checker.getTypeAtLocation(node)
  return {
    kind: ts.ScriptElementKind.unknown,
    kindModifiers: '',
    textSpan,
    displayParts: ts.typeToDisplayParts(checker, type, ts.getContainerNode(node)),
    documentation: type.symbol?.getDocumentationComment(checker),
    tags: type.symbol?.getJsDocTags(checker),
  }
}

function watchCompilerHost(
  ts: TypeScript,
  files: string[],
  options: ts.CompilerOptions,
  system: ts.System,
  rest: unknown[],
  onMap: (map: string) => void,
): ts.WatchCompilerHost<ts.BuilderProgram> {
  const ownTypes = dirname(dirname(require.resolve('@types/node/package.json')))
  const notebookOptions: ts.CompilerOptions = {
    ...options,
    lib: ['lib.esnext.d.ts'],
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    // Node's types, from the notebook's own folder where it has them; others come with what a cell imports.
    types: ['node'],
    sourceMap: true,
    typeRoots: [...getDefaultTypeRoots(system.getCurrentDirectory(), system), ownTypes],
  }
  // Names that the fork knows and TypeScript does not, or has taken out since.
  delete notebookOptions.disableTopLevelAwait
  delete notebookOptions.noImplicitUseStrict
  const create = ts.createWatchCompilerHost as (...args: unknown[]) => ts.WatchCompilerHost<ts.BuilderProgram>
  const host = create(files, notebookOptions, system, ...rest)
  const { watchFile } = host
  // Modules of the notebook's folder are watched; what is installed is not (thousands of files that do not change).
  const installed = `${sep}node_modules${sep}`
  host.watchFile = (path, callback, ...others) =>
    path.includes(installed) ? { close() {} } : watchFile.call(host, path, callback, ...others)
  host.watchDirectory = () => ({ close() {} })
  recordMaps(host, onMap)
  return host
}

/** tslab ignores the source maps that TypeScript writes beside a cell's JavaScript: they are caught on their way. */
function recordMaps(host: ts.WatchCompilerHost<ts.BuilderProgram>, onMap: (map: string) => void): void {
  let afterProgramCreate = host.afterProgramCreate
  Object.defineProperty(host, 'afterProgramCreate', {
    get: () => afterProgramCreate,
    set: (listener: NonNullable<typeof afterProgramCreate>) => {
      afterProgramCreate = program => {
        const emit = program.emit.bind(program)
        program.emit = (file, write, ...rest) =>
          emit(
            file,
            write &&
              ((name, text, ...others) => {
                if (name.endsWith('__tslab__.js.map')) onMap(text)
                else write(name, withoutMapComment(text), ...others)
              }),
            ...rest,
          )
        listener(program)
      }
    },
  })
}
