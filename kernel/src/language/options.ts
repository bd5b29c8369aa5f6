// Compiler options of a notebook: those that suit cells, and on top of them what the tsconfig.json of its folder says
// about checking and about where modules are.
import { dirname, join } from 'node:path'
import type ts from 'typescript'
import type { Checking } from './types.js'
import { ownTypes, type TypeScript } from './workspace.js'

/** Options of tsconfig.json that hold for cells too; how JavaScript is made and where it goes is the kernel's. */
const HEEDED = [
  'allowUnreachableCode',
  'allowUnusedLabels',
  'alwaysStrict',
  'baseUrl',
  'checkJs',
  'customConditions',
  'emitDecoratorMetadata',
  'exactOptionalPropertyTypes',
  'experimentalDecorators',
  'jsx',
  'jsxFactory',
  'jsxFragmentFactory',
  'jsxImportSource',
  'lib',
  'noFallthroughCasesInSwitch',
  'noImplicitAny',
  'noImplicitOverride',
  'noImplicitReturns',
  'noImplicitThis',
  'noPropertyAccessFromIndexSignature',
  'noUncheckedIndexedAccess',
  'paths',
  'pathsBasePath',
  'strict',
  'strictBindCallApply',
  'strictBuiltinIteratorReturn',
  'strictFunctionTypes',
  'strictNullChecks',
  'strictPropertyInitialization',
  'types',
  'useDefineForClassFields',
  'useUnknownInCatchVariables',
] as const

export interface NotebookOptions {
  compilerOptions: ts.CompilerOptions
  checking: Checking
}

/**
 * @param checking what the kernel was started with; `noCheck` and `noEmitOnError` of tsconfig.json come before it
 * @throws Error naming the line of tsconfig.json that is wrong
 */
export function readOptions(ts: TypeScript, folder: string, checking: Checking): NotebookOptions {
  const own = readConfig(ts, folder)
  const heeded = Object.fromEntries(HEEDED.flatMap(name => (own[name] === undefined ? [] : [[name, own[name]]])))
  const compilerOptions: ts.CompilerOptions = {
    lib: ['lib.esnext.d.ts'],
    // Node's types, from the notebook's own folder where it has them; others come with what a cell imports.
    types: ['node'],
    jsx: ts.JsxEmit.React,
    ...heeded,
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    moduleDetection: ts.ModuleDetectionKind.Force,
    typeRoots: [...typeRoots(ts, folder), ownTypes()],
    allowImportingTsExtensions: true,
    allowJs: true,
    resolveJsonModule: true,
    esModuleInterop: true,
    preserveConstEnums: true,
    declaration: true,
    sourceMap: true,
    skipLibCheck: true,
    newLine: ts.NewLineKind.LineFeed,
  }
  return {
    compilerOptions,
    checking: own.noCheck ? 'off' : own.noEmitOnError === false ? 'warn' : checking,
  }
}

function readConfig(ts: TypeScript, folder: string): ts.CompilerOptions {
  const file = ts.findConfigFile(folder, ts.sys.fileExists)
  // One that lies above the notebook's folder is some other project's.
  if (!file || dirname(file) !== folder) return {}
  const { config, error } = ts.readConfigFile(file, ts.sys.readFile)
  const text = ({ messageText }: ts.Diagnostic) => ts.flattenDiagnosticMessageText(messageText, '\n')
  if (error) throw new Error(`${file}: ${text(error)}`)
  const { options, errors } = ts.parseJsonConfigFileContent({ ...config, files: [] }, ts.sys, folder)
  // That it names no files is as it should be.
  const NO_FILES = 18002
  const wrong = errors.find(({ code }) => code !== NO_FILES)
  if (wrong) throw new Error(`${file}: ${text(wrong)}`)
  return options
}

/** The `node_modules/@types` folders of a folder and of those above it, nearest first. */
function typeRoots(ts: TypeScript, folder: string): string[] {
  const roots: string[] = []
  for (let at = folder; ; at = dirname(at)) {
    const root = join(at, 'node_modules', '@types')
    if (ts.sys.directoryExists(root)) roots.push(root)
    if (dirname(at) === at) return roots
  }
}
