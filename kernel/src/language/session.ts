// What the kernel knows of the notebook's language: the declarations of the cells so far, and on top of them
// conversion to JavaScript with type checking, completion, inspection. No user code runs here.
import { createRequire } from 'node:module'
import type { Preload } from '../preload.js'
import { isComplete } from './complete.js'
import type { Completion, Conversion, Inspection, Problem } from './types.js'
import { installTypeScript } from './typescript.js'

const require = createRequire(import.meta.url)
const CANNOT_FIND_MODULE = 2307

export function createSession(preloads: Preload[]) {
  const { ts, latestMaps } = installTypeScript()
  const { createConverter } = require('tslab/dist/converter.js') as typeof import('tslab/dist/converter.js')
  const { getCodeMetadata } = require('tslab/dist/metadata.js') as typeof import('tslab/dist/metadata.js')
  const preloaded = preloads.map(declare).join('')
  let converter = createConverter()
  let declarations = preloaded
  /** Modules that cells define (a comment with `@module name`). */
  const modules = new Map<string, { code: string; jsx: boolean }>()

  const addModule = (name: string, { code, jsx }: { code: string; jsx: boolean }) =>
    converter.addModule(name, code, jsx ? { module: name, jsx } : { module: name })

  function check(code: string) {
    const converted = converter.convert(declarations, code)
    if (!converted.diagnostics.some(({ code }) => code === CANNOT_FIND_MODULE)) return converted
    // It may have been installed or written since; a fresh converter looks at the disk again.
    converter.close()
    converter = createConverter()
    for (const [name, module] of modules) addModule(name, module)
    return converter.convert(declarations, code)
  }

  return {
    /** Type-checks a cell and converts it to JavaScript; `commit` then makes its declarations known. */
    convert(code: string): Conversion {
      const { module, jsx } = getCodeMetadata(code)
      if (module) {
        modules.set(module, { code, jsx: jsx ?? false })
        const diagnostics = addModule(module, { code, jsx: jsx ?? false })
        return { problems: diagnostics.map(toProblem), empty: true, declarations }
      }
      const { diagnostics, output, declOutput, hasToplevelAwait, lastExpressionVar, sideOutputs } = check(code)
      if (diagnostics.length > 0) return { problems: diagnostics.map(toProblem), empty: true, declarations }
      return {
        problems: [],
        empty: !output,
        declarations: declOutput ?? '',
        javascript: { output, declOutput, hasToplevelAwait, lastExpressionVar, sideOutputs, diagnostics: [] },
        maps: { ...latestMaps },
      }
    },
    commit(conversion: Conversion): void {
      declarations = conversion.declarations
    },
    /** Forgets all cells, for a fresh execution process. */
    reset(): void {
      declarations = preloaded
    },
    /** @param position in UTF-16 units */
    complete(code: string, position: number): Completion {
      const { start, end, candidates, original } = converter.complete(declarations, code, position)
      const kinds = new Map(original?.entries.map(entry => [entry.name, entry.kind as string]))
      const matches = candidates.filter(name => !name.startsWith('__tslab'))
      return { start, end, matches, kinds: matches.map(name => kinds.get(name) ?? '') }
    },
    /** @param position in UTF-16 units; just after a name counts as on it */
    inspect(code: string, position: number): Inspection | undefined {
      const info =
        converter.inspect(declarations, code, position) ??
        converter.inspect(declarations, code, Math.max(0, position - 1))
      if (!info) return undefined
      const text = (parts: { text: string }[] | undefined) => (parts ?? []).map(part => part.text).join('')
      const tags = (info.tags ?? []).map(({ name, text: parts }) => ({ name, text: text(parts) }))
      return { signature: text(info.displayParts), documentation: text(info.documentation), tags }
    },
    isComplete: (code: string) => isComplete(ts, code),
  }
}

export type Session = ReturnType<typeof createSession>

function declare({ name, file, export: exported }: Preload): string {
  const module = JSON.stringify(file.replaceAll('\\', '/'))
  if (!exported) return `import * as ${name} from ${module};\n`
  return `import { ${exported === name ? name : `${exported} as ${name}`} } from ${module};\n`
}

function toProblem(diagnostic: import('tslab/dist/converter.js').Diagnostic): Problem {
  const { start, end, messageText: text, code, fileName } = diagnostic
  const length = end.line === start.line ? end.character - start.character : 1
  return { line: start.line, character: start.character, length, text, code, ...(fileName ? { file: fileName } : {}) }
}
