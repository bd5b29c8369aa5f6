// TypeScript's language service over the notebook: the cell at hand, the declarations of the cells before it, and the
// files that they import from disk.
import { existsSync, realpathSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import type ts from 'typescript'
import type { NotebookOptions } from './options.js'
import { createSequels, type Sequels } from './sequel.js'

const require = createRequire(import.meta.url)

export type TypeScript = typeof ts

export interface Workspace {
  readonly cellFile: string
  /** What programs were made of, by name. */
  readonly sources: () => readonly string[]
  /** Goes to another notebook's folder with the latest program. @returns false where other options hold there */
  moveTo(folder: string, options: NotebookOptions): boolean
  readonly service: ts.LanguageService
  /** Sets the cell and what it sees, and brings the program up to date. */
  update(declarations: string, cell: string): Program
  /** Reads ahead what the next cell sees. */
  prepare(declarations: string): void
  /** Makes a module in memory. */
  addModule(file: string, text: string): void
  /** Whether all files that programs were made of are such as stay as they are. */
  isSettled(): boolean
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

export function createWorkspace(ts: TypeScript, notebook: string, { compilerOptions }: NotebookOptions): Workspace {
  let folder = notebook
  const names = namesIn(folder)
  const files = new Map<string, { text: string; version: number }>()
  let unresolved: ReadonlySet<string> = new Set()
  let sequels: Sequels | undefined
  /** Files of the notebook's own that programs were made of, in the version that was read last. */
  const read = new Map<string, string>()
  /** Counts the programs; the service makes a new one when this has changed. */
  let programs = 0
  const service = ts.createLanguageService(createHost())
  let resolutions = ts.createModuleResolutionCache(folder, name => name, compilerOptions)

  return {
    get cellFile() {
      return names.cell
    },
    sources,
    moveTo,
    service,
    update,
    prepare: declarations => sequels?.readAhead(earlierText(declarations)),
    addModule: write,
    isSettled: () => read.size === 0 && unresolved.size === 0,
    setUnresolved(names) {
      unresolved = new Set(names)
    },
    resolve: resolveModule,
    readFile,
  }

  function sources(): readonly string[] {
    const made = service.getProgram()!.getSourceFiles()
    return made.map(({ fileName }) => fileName)
  }

  function moveTo(other: string, options: NotebookOptions): boolean {
    if (!meanTheSame(options.compilerOptions, compilerOptions)) return false
    folder = other
    compilerOptions = options.compilerOptions
    resolutions = ts.createModuleResolutionCache(folder, name => name, compilerOptions)
    const onDisk = sources().filter(file => !files.has(file))
    files.clear()
    Object.assign(names, namesIn(folder))
    // Other files may change here.
    read.clear()
    for (const file of onDisk.filter(mayChange)) read.set(file, versionOf(file))
    return true
  }

  function update(declarations: string, text: string): Program {
    const texts = { earlier: earlierText(declarations), cell: text }
    write(names.earlier, texts.earlier)
    write(names.cell, texts.cell)
    resolutions.clear()
    const { program, cell, earlier } = (mayContinue() ? sequels?.next(texts) : undefined) ?? begin()
    // TypeScript looks names up from the inside out, by parents. A cell inside its forerunners may declare their names
    // anew, and sees those that it does not.
    ;(cell as { parent: ts.Node }).parent = earlier
    return { program, cell, earlier }
  }

  /** A program of its own for the cell at hand. */
  function begin(): Program {
    programs++
    const program = service.getProgram()!
    sequels = createSequels(ts, program, names)
    return { program, cell: program.getSourceFile(names.cell)!, earlier: program.getSourceFile(names.earlier)! }
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
      getScriptFileNames: () => [names.earlier, names.cell],
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
        if (file !== names.cell && file !== names.earlier && (files.has(file) || mayChange(file))) read.set(file, at)
        return snapshot
      },
      getCurrentDirectory: () => folder,
      // Not where TypeScript's code runs: that may be a snapshot.
      getDefaultLibFileName: options => join(dirname(require.resolve('typescript')), ts.getDefaultLibFileName(options)),
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

/** A declaration file that is a module, whatever is in it. */
const earlierText = (declarations: string) => `export {}\n${declarations}`

const namesIn = (folder: string) => ({ cell: join(folder, '__cell__.ts'), earlier: join(folder, '__earlier__.d.ts') })

/** Whether a program made by some options holds for others: all but the places for types, unless Node's are elsewhere. */
function meanTheSame(one: ts.CompilerOptions, other: ts.CompilerOptions): boolean {
  const [a, b] = [one, other].map(({ typeRoots = [], ...rest }) => {
    const node = typeRoots.find(root => existsSync(join(root, 'node')))
    return JSON.stringify({ ...rest, node: node && realpathSync(node) })
  })
  return a === b
}

/** Where the types of Node are that come with the kernel. */
export const ownTypes = (): string => dirname(dirname(require.resolve('@types/node/package.json')))
