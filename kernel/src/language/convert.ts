// One cell: checked, converted to JavaScript, and its declarations joined to those of the cells before it.
import { extname } from 'node:path'
import type ts from 'typescript'
import { mergeDeclarations } from './declarations.js'
import type { LocalModules } from './modules.js'
import { topLevelNames } from './names.js'
import type { NotebookOptions } from './options.js'
import { toProblem, UNRESOLVED } from './problems.js'
import { awaitsAtTopLevel, cellTransformers, VALUE } from './transform.js'
import type { Conversion, Script } from './types.js'
import type { Program, TypeScript, Workspace } from './workspace.js'

export interface Notebook {
  ts: TypeScript
  workspace: Workspace
  modules: LocalModules
  folder: string
  options: NotebookOptions
}

export interface Declared {
  /** Gives the notebook's declarations after this cell; to be asked before the workspace goes on to other code. */
  declare(): string
}

/** What a cell may have to do with files, or add to the notebook's declarations, without declaring a name. */
const MORE_THAN_NAMES = /\b(?:declare|import|export|require)\b/

export function convertCell(notebook: Notebook, declarations: string, code: string): Conversion & Declared {
  const { ts, workspace, modules, folder, options } = notebook
  const parsed = ts.createSourceFile('cell.ts', code, ts.ScriptTarget.Latest)
  const { declared, exported } = topLevelNames(ts, parsed)
  // All that the cell declares is exported, so that it gets into the declarations.
  const suffix = `\nexport { ${declared.filter(name => !exported.has(name)).join(', ')} }`
  const files = workspace.update(declarations, code + suffix)
  const { syntactic, semantic } = diagnose(notebook, files, code)
  const problems = [...syntactic, ...semantic].map(diagnostic =>
    toProblem(ts, diagnostic, { cell: files.cell, folder, end: code.trimEnd().length }),
  )
  const repeatable = declared.length === 0 && !MORE_THAN_NAMES.test(code) && workspace.isSettled()
  if (syntactic.length > 0 || (options.checking === 'error' && semantic.length > 0)) {
    return { problems, repeatable, declare: () => declarations }
  }
  const { imports, modules: changed } = modules.collect(code, workspace.cellFile)
  return {
    problems,
    repeatable,
    script: { ...emitScript(ts, files), imports, modules: changed },
    declare: () => {
      if (declared.length === 0 && !MORE_THAN_NAMES.test(code)) return declarations
      return mergeDeclarations(ts, files.program.getTypeChecker(), files.earlier, emitDeclarations(files))
    },
  }
}

/** Errors of the cell and of the notebook's modules behind it. */
function diagnose({ ts, workspace, modules, options }: Notebook, { program, cell }: Program, code: string) {
  const behind = modules.filesBehind(code, workspace.cellFile).flatMap(file => program.getSourceFile(file) ?? [])
  const sources = [cell, ...behind.filter(({ fileName }) => !fileName.endsWith('.json'))]
  const syntactic = sources.flatMap(source => program.getSyntacticDiagnostics(source))
  if (syntactic.length > 0 || options.checking === 'off') return { syntactic, semantic: [] }
  const semantic = sources.flatMap(source => program.getSemanticDiagnostics(source))
  const unresolved = semantic.filter(({ code }) => UNRESOLVED.has(code)).flatMap(({ file }) => file?.fileName ?? [])
  workspace.setUnresolved(unresolved)
  return { syntactic, semantic: ts.sortAndDeduplicateDiagnostics(semantic) }
}

/** TypeScript's numbers for what is emitted, which it does not publish. */
const JAVASCRIPT = 0
const DECLARATIONS = 1

function emitScript(ts: TypeScript, { program, cell, earlier }: Program): Omit<Script, 'imports' | 'modules'> {
  const { transformers, hasValue } = cellTransformers(ts, program.getTypeChecker(), [cell, earlier])
  const written = emit(program, cell, JAVASCRIPT, transformers)
  const javascript = written.get('.js')!.replace(/\n\/\/# sourceMappingURL=\S*\s*$/, '\n')
  const map = written.get('.map')!.replace('"mappings":"', '"mappings":";')
  return {
    javascript: `"use strict";\n${javascript}`,
    map,
    awaits: awaitsAtTopLevel(ts, cell),
    ...(hasValue() ? { value: VALUE } : {}),
  }
}

const emitDeclarations = ({ program, cell }: Program): string => emit(program, cell, DECLARATIONS).get('.ts') ?? ''

/** @returns the texts by the last part of their files' names */
function emit(
  program: ts.Program,
  cell: ts.SourceFile,
  what: number,
  transformers?: ts.CustomTransformers,
): Map<string, string> {
  const written = new Map<string, string>()
  // The last argument makes TypeScript write declarations also where some type has no name that it could write.
  const emitPart = program.emit as (...args: unknown[]) => ts.EmitResult
  emitPart(cell, (name: string, text: string) => written.set(extname(name), text), undefined, what, transformers, true)
  return written
}
