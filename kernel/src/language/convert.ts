// One cell: checked, converted to JavaScript, and its declarations joined to those of the cells before it.
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
  /** The notebook's declarations after this cell. */
  declarations: string
}

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
  if (syntactic.length > 0 || (options.checking === 'error' && semantic.length > 0)) return { problems, declarations }
  const { imports, modules: changed } = modules.collect(code, workspace.cellFile)
  const { script, added } = emit(ts, files)
  return {
    problems,
    declarations: mergeDeclarations(ts, files.program.getTypeChecker(), files.earlier, added),
    script: { ...script, imports, modules: changed },
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

function emit(ts: TypeScript, { program, cell, earlier }: Program) {
  const { transformers, hasValue } = cellTransformers(ts, program.getTypeChecker(), [cell, earlier])
  const output = { javascript: '', map: '', declarations: '' }
  const write = (name: string, text: string) => {
    if (name.endsWith('.map')) output.map = text
    else if (name.endsWith('.d.ts')) output.declarations = text
    else output.javascript = text
  }
  // The last argument makes TypeScript write declarations also where some type has no name that it could write.
  const emitAll = program.emit as (...args: unknown[]) => ts.EmitResult
  emitAll(cell, write, undefined, undefined, transformers, true)
  const javascript = `"use strict";\n${output.javascript.replace(/\n\/\/# sourceMappingURL=\S*\s*$/, '\n')}`
  const map = output.map.replace('"mappings":"', '"mappings":";')
  const script: Omit<Script, 'imports' | 'modules'> = {
    javascript,
    map,
    awaits: awaitsAtTopLevel(ts, cell),
    ...(hasValue() ? { value: VALUE } : {}),
  }
  return { script, added: output.declarations }
}
