// What the kernel knows of the notebook's language: the declarations of the cells so far, and on top of them
// conversion to JavaScript with type checking, completion, inspection. No user code runs here.
import { join } from 'node:path'
import ts from 'typescript'
import { withoutMagics } from '../magics.js'
import type { Preload } from '../preload.js'
import { complete } from './complete.js'
import { convertCell, type Declared } from './convert.js'
import { findGuards } from './guards.js'
import { inspect } from './inspect.js'
import { isComplete } from './isComplete.js'
import { createLocalModules } from './modules.js'
import { readOptions } from './options.js'
import { outermostNames } from './outermost.js'
import { createPreludes } from './preludes.js'
import { toProblem } from './problems.js'
import { writeSignatures } from './signatures.js'
import type { Checking, Completion, Conversion, Inspection } from './types.js'
import { createWorkspace, type Workspace } from './workspace.js'

export interface SessionOptions {
  preloads: Preload[]
  /** The notebook's folder. */
  folder: string
  /** What type errors do, where the folder's tsconfig.json does not say. */
  checking: Checking
}

/** @param prepared a workspace that has read what most notebooks need */
export function createSession({ preloads, folder, checking }: SessionOptions, prepared?: Workspace) {
  const options = readOptions(ts, folder, checking)
  const workspace = prepared?.moveTo(folder, options) ? prepared : createWorkspace(ts, folder, options)
  const modules = createLocalModules(ts, workspace, options.compilerOptions)
  const preludes = createPreludes(workspace, preloads)
  let declarations = ''
  /** Gives what they will be when the cell that was converted last is known to run. */
  let next = () => declarations

  /** The declarations with the libraries that a cell, or one before it, has to do with. */
  function seenBy(code: string): string {
    reveal(preludes.reveal(code))
    return declarations
  }

  function reveal(imports: string): void {
    if (imports === '') return
    settle()
    const settled = next()
    declarations = imports + declarations
    next = () => imports + settled
  }

  /** Works out what the cell that was converted last declares, while the workspace still has it. */
  function settle(): void {
    const settled = next()
    next = () => settled
  }

  /** Reads what the preloaded libraries declare, ahead of the first cell that uses them. */
  function warm(): void {
    const ahead = preludes.revealAll()
    if (ahead === '') return
    reveal(ahead)
    writeSignatures(ts, workspace.update(declarations, ''))
  }

  return {
    workspace,
    /** Type-checks a cell and converts it to JavaScript; `commit` then makes its declarations known. */
    convert(text: string): Conversion {
      const code = withoutMagics(text)
      const name = /^\s*\/\*\*\s*@module\s+(\w+)\s*\*\//.exec(code)?.[1]
      const { declare, ...conversion } = name
        ? addModule(name, code)
        : convertCell({ ts, workspace, modules, folder, options }, seenBy(code), code)
      next = declare
      return conversion
    },
    /** The cell that was converted last runs: what it declares is known from now on. This is done while it runs. */
    commit(): void {
      declarations = next()
      next = () => declarations
      workspace.prepare(declarations)
    },
    /** Forgets all cells, for a fresh execution process. */
    reset(): void {
      declarations = ''
      next = () => declarations
      preludes.reset()
      modules.reset()
    },
    warm,
    /** @param position in UTF-16 units */
    complete(code: string, position: number): Completion {
      settle()
      warm()
      return complete(ts, workspace, declarations, withoutMagics(code), position)
    },
    /** @param position in UTF-16 units; just after a name counts as on it, within a call's parentheses as on the call */
    inspect(code: string, position: number): Inspection | undefined {
      settle()
      return inspect(workspace, seenBy(code), withoutMagics(code), position)
    },
    isComplete: (code: string) => isComplete(ts, withoutMagics(code)),
    /** JavaScript of a piece of code, without a look at types and names. */
    transpile: (code: string) =>
      ts.transpileModule(code, { compilerOptions: { target: ts.ScriptTarget.ESNext, module: ts.ModuleKind.ESNext } })
        .outputText,
    findGuards: (code: string) => findGuards(ts, code),
    outermostNames: (code: string) => outermostNames(ts, code),
  }

  /** A cell that begins with a comment `@module name` is a module by that name, beside the notebook. */
  function addModule(name: string, code: string): Conversion & Declared {
    const file = join(folder, `${name}.ts`)
    workspace.addModule(file, code)
    const { program, cell } = workspace.update(seenBy(code), `import './${name}'`)
    const source = program.getSourceFile(file)!
    const found: readonly ts.Diagnostic[] = [
      ...program.getSyntacticDiagnostics(source),
      ...(options.checking === 'off' ? [] : program.getSemanticDiagnostics(source)),
    ]
    const problems = found.map(diagnostic => toProblem(ts, diagnostic, { cell, folder, end: 0 }))
    return { problems, declare: () => declarations }
  }
}

export type Session = ReturnType<typeof createSession>
