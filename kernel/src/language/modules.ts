// Modules of the notebook's own: TypeScript, JavaScript and JSON beside it or where the paths of its tsconfig.json
// lead. The execution process gets them as CommonJS, each again when it was edited.
import type ts from 'typescript'
import { awaitsAtTopLevel, moduleExpression } from './transform.js'
import type { Imports, LocalModule } from './types.js'
import type { TypeScript, Workspace } from './workspace.js'

export interface LocalModules {
  /** What code imports, and the modules behind it (theirs too) that are new or edited since this was asked last. */
  collect(code: string, from: string): { imports: Imports; modules: LocalModule[] }
  /** The files of the modules behind what code imports. */
  filesBehind(code: string, from: string): string[]
  /** Forgets what was handed out. */
  reset(): void
}

const SOURCE = /(?<!\.d)\.(?:[mc]?ts|tsx|m?js|jsx|json)$/
const NOTHING: Imports = { local: {}, first: [] }

export function createLocalModules(ts: TypeScript, workspace: Workspace, options: ts.CompilerOptions): LocalModules {
  /** Each module as it was handed out: its text and what it imports. */
  const sent = new Map<string, string>()
  const known = new Map<string, { text: string; imports: Imports }>()

  return {
    collect(code, from) {
      const imports = importsOf(code, from)
      const modules = reach(imports).flatMap(file => {
        const text = workspace.readFile(file)
        if (text === undefined) return []
        const state = text + JSON.stringify(importsOf(text, file))
        if (sent.get(file) === state) return []
        sent.set(file, state)
        return [compile(file, text)]
      })
      return { imports, modules }
    },
    filesBehind: (code, from) => reach(importsOf(code, from)),
    reset: () => sent.clear(),
  }

  /** The local modules that are imported, directly or by others. */
  function reach(imports: Imports): string[] {
    const found = new Set<string>()
    const visit = ({ local }: Imports): void => {
      for (const file of Object.values(local)) {
        if (found.has(file) || !SOURCE.test(file)) continue
        found.add(file)
        visit(importsOf(workspace.readFile(file) ?? '', file))
      }
    }
    visit(imports)
    return [...found]
  }

  function importsOf(text: string, from: string): Imports {
    if (!/\b(?:import|from|require)\b/.test(text) || from.endsWith('.json')) return NOTHING
    const before = known.get(from)
    if (before?.text === text) return before.imports
    const { first, later } = specifiersOf(ts, text, from)
    const local: Imports['local'] = {}
    for (const specifier of [...first, ...later]) {
      const file = locate(specifier, from)
      if (file) local[specifier] = file
    }
    const imports = { local, first: [...first] }
    // A file that is not there may be there the next time.
    const isWhole = [...first, ...later].every(specifier => !specifier.startsWith('.') || specifier in local)
    if (isWhole && from !== workspace.cellFile) known.set(from, { text, imports })
    return imports
  }

  function locate(specifier: string, from: string): string | undefined {
    const resolved = workspace.resolve(specifier, from)
    if (!resolved || resolved.isExternalLibraryImport) return undefined
    const { resolvedFileName: file } = resolved
    if (SOURCE.test(file)) return file
    // Declarations with the JavaScript beside them: Node loads that itself, but knows no paths of tsconfig.json.
    return file.replace(/\.d\.([mc]?)ts$/, '.$1js')
  }

  function compile(file: string, text: string): LocalModule {
    const imports = importsOf(text, file)
    if (file.endsWith('.json')) return { file, javascript: `module.exports = ${text}`, awaits: false, imports }
    let awaits = false
    const { outputText, sourceMapText } = ts.transpileModule(text, {
      fileName: file,
      compilerOptions: { ...options, module: ts.ModuleKind.CommonJS, declaration: false },
      transformers: {
        before: [
          context => source => {
            awaits = awaitsAtTopLevel(ts, source)
            const visit = (node: ts.Node): ts.Node =>
              moduleExpression(ts, context, node, visit) ?? ts.visitEachChild(node, visit, context)
            return ts.visitEachChild(source, visit, context)
          },
        ],
      },
    })
    const javascript = outputText.replace(/\n\/\/# sourceMappingURL=\S*\s*$/, '\n')
    return { file, javascript, ...(sourceMapText ? { map: sourceMapText } : {}), awaits, imports }
  }
}

/** What code imports: `first` before it runs, `later` by `import(…)`. */
function specifiersOf(ts: TypeScript, text: string, name: string) {
  const first = new Set<string>()
  const later = new Set<string>()
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) {
      const types = ts.isExportDeclaration(node) ? node.isTypeOnly : node.importClause?.isTypeOnly
      if (node.moduleSpecifier && ts.isStringLiteral(node.moduleSpecifier) && !types)
        first.add(node.moduleSpecifier.text)
    }
    if (ts.isCallExpression(node) && node.arguments[0] && ts.isStringLiteralLike(node.arguments[0])) {
      if (node.expression.kind === ts.SyntaxKind.ImportKeyword) later.add(node.arguments[0].text)
      if (ts.isIdentifier(node.expression) && node.expression.text === 'require') first.add(node.arguments[0].text)
    }
    ts.forEachChild(node, visit)
  }
  visit(ts.createSourceFile(name, text, ts.ScriptTarget.Latest))
  return { first, later }
}
