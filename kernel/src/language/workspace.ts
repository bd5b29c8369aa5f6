// TypeScript's language service over the notebook: the cell at hand, the declarations of the cells before it, and the
// files that they import from disk.
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import type ts from 'typescript'
import type { NotebookOptions } from './options.js'
import { createSequels } from './sequel.js'

const require = createRequire(import.meta.url)

export type TypeScript = typeof ts

export interface Workspace {
  readonly cellFile: string
  readonly service: ts.LanguageService
  /** Sets the cell and what it sees, and brings the program up to date. */
  update(declarations: string, cell: string): Program
  /** Makes a module in memory. */
  addModule(file: string, text: string): void
  /** Files that import what is not there: it may be there by the next time. */
  setUnresolved(files: readonly string[]): void
  /** The file that a specifier stands for; undefined when there is none. */
  resolve(specifier: string, from: string): ts.ResolvedModuleFull | undefined
  readFile(file: string): string | undefined
}

export interface Program {
  program: ts.Program
  /** The cell's and the declarations' files; names that the cell does not have itself are looked up in the latter. */
  cell: ts.SourceFile
  earlier: ts.SourceFile
}

export function createWorkspace(ts: TypeScript, folder: string, { compilerOptions }: NotebookOptions): Workspace {
  const cellFile = join(folder, '__cell__.ts')
  const earlierFile = join(folder, '__earlier__.d.ts')
  const files = new Map<string, { text: string; version: number }>()
  let unresolved: ReadonlySet<string> = new Set()
  let sequel: ReturnType<typeof createSequels> = () => undefined
  /** Files of the notebook's own that programs were made of, in the version that was read last. */
  const read = new Map<string, string>()
  /** Counts the programs; the service makes a new one when this has changed. */
  let programs = 0
  const service = ts.createLanguageService(createHost())
  const resolutions = ts.createModuleResolutionCache(folder, name => name, compilerOptions)

  return {
    cellFile,
    service,
    update,
    addModule: write,
    setUnresolved(names) {
      unresolved = new Set(names)
    },
    resolve: resolveModule,
    readFile,
  }

  function update(declarations: string, text: string): Program {
    const texts = { earlier: `export {}\n${declarations}`, cell: text }
    write(earlierFile, texts.earlier)
    write(cellFile, texts.cell)
    resolutions.clear()
    const { program, cell, earlier } = (mayContinue() ? sequel(texts) : undefined) ?? begin()
    // TypeScript looks names up from the inside out, by parents. A cell inside its forerunners may declare their names
    // anew, and sees those that it does not.
    ;(cell as { parent: ts.Node }).parent = earlier
    return { program, cell, earlier }
  }

  /** A program of its own for the cell at hand. */
  function begin(): Program {
    programs++
    const program = service.getProgram()!
    sequel = createSequels(ts, program, { earlier: earlierFile, cell: cellFile })
    return { program, cell: program.getSourceFile(cellFile)!, earlier: program.getSourceFile(earlierFile)! }
  }

  /** Whether the files that the latest program was made of are as they were. */
  function mayContinue(): boolean {
    if (unresolved.size > 0) return false
    return [...read].every(([file, version]) => versionOf(file) === version)
  }

  function write(file: string, text: string): void {
    const known = files.get(file)
    if (known?.text === text) return
    files.set(file, { text, version: (known?.version ?? 0) + 1 })
  }

  function readFile(file: string): string | undefined {
    return files.get(file)?.text ?? ts.sys.readFile(file)
  }

  function fileExists(file: string): boolean {
    return files.has(file) || ts.sys.fileExists(file)
  }

  function resolveModule(specifier: string, from: string): ts.ResolvedModuleFull | undefined {
    const host = { ...ts.sys, fileExists, readFile }
    return ts.resolveModuleName(specifier, from, compilerOptions, host, resolutions).resolvedModule
  }

  /** Files that may be edited while the notebook is open; what is installed stays as it is. */
  function mayChange(file: string): boolean {
    if (file.includes('/node_modules/')) return false
    return !file.endsWith('.d.ts') || resolve(file).startsWith(`${folder}/`)
  }

  function versionOf(file: string): string {
    const known = files.get(file)
    if (known) return String(known.version)
    return mayChange(file) ? String(ts.sys.getModifiedTime?.(file)?.getTime() ?? 0) : '1'
  }

  function createHost(): ts.LanguageServiceHost & { hasInvalidatedResolutions(path: string): boolean } {
    const snapshots = new Map<string, { version: string; snapshot: ts.IScriptSnapshot }>()
    return {
      getCompilationSettings: () => compilerOptions,
      getScriptFileNames: () => [earlierFile, cellFile],
      getScriptVersion: versionOf,
      getProjectVersion: () => String(programs),
      getScriptSnapshot(file) {
        const at = versionOf(file)
        const known = snapshots.get(file)
        if (known?.version === at) return known.snapshot
        const text = readFile(file)
        if (text === undefined) return undefined
        const snapshot = ts.ScriptSnapshot.fromString(text)
        snapshots.set(file, { version: at, snapshot })
        if (file !== cellFile && file !== earlierFile && (files.has(file) || mayChange(file))) read.set(file, at)
        return snapshot
      },
      getCurrentDirectory: () => folder,
      getDefaultLibFileName: options => ts.getDefaultLibFilePath(options),
      useCaseSensitiveFileNames: () => ts.sys.useCaseSensitiveFileNames,
      // Not in TypeScript's public declarations; its own editor service works by it.
      hasInvalidatedResolutions: path => unresolved.has(path),
      fileExists,
      readFile,
      readDirectory: ts.sys.readDirectory,
      directoryExists: ts.sys.directoryExists,
      getDirectories: ts.sys.getDirectories,
      ...(ts.sys.realpath ? { realpath: ts.sys.realpath } : {}),
    }
  }
}

/** Where the types of Node are that come with the kernel. */
export const ownTypes = (): string => dirname(dirname(require.resolve('@types/node/package.json')))
