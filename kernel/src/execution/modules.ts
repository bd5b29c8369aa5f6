// What cells import: packages through Node's own loader, and modules of the notebook's own, which arrive as CommonJS
// and are run anew when they, or what they import, were edited.
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import vm from 'node:vm'
import type { Imports, LocalModule } from '../language/types.js'
import { nameSource } from './positions.js'

type Exports = Record<string, unknown>

export interface NotebookRequire {
  (specifier: string): unknown
  /** `import(…)`. */
  import(specifier: string): Promise<unknown>
  /** `import.meta`. */
  meta: { url: string; dirname: string; filename: string }
  default(module: unknown): unknown
  namespace(module: unknown): unknown
  resolve(specifier: string): string
}

export interface Modules {
  /** Takes new and edited modules in; those that import them, however indirectly, are to be run again, too. */
  update(modules: LocalModule[]): void
  /** Loads what a cell imports, in order, so that its `require` finds it; ESM that awaits at its top level, too. */
  load(imports: Imports): Promise<void>
  /** The `require` of cells. */
  require: NotebookRequire
}

/** Also the `module` of its code, which may put something else in place of `exports`. */
interface Loaded {
  exports: Exports
  isRunning: boolean
  done: Promise<void>
}

/** Packages that only `import` can load: they await at the top level, or say that they have no CommonJS. */
const IMPORT_ONLY = new Set(['ERR_REQUIRE_ASYNC_MODULE', 'ERR_PACKAGE_PATH_NOT_EXPORTED', 'ERR_REQUIRE_ESM'])

export function createModules(folder: string): Modules {
  const sources = new Map<string, LocalModule>()
  const loaded = new Map<string, Loaded>()
  /** Packages that only `import` could load, by the folder that asks and the specifier. */
  const imported = new Map<string, unknown>()
  const notebook = join(folder, 'notebook.js')
  const notebookImports: Imports = { local: {}, first: [] }

  return {
    update(modules) {
      for (const module of modules) sources.set(module.file, module)
      const stale = new Set(modules.map(({ file }) => file))
      for (let size = 0; size < stale.size; ) {
        size = stale.size
        for (const { file, imports } of sources.values()) {
          if (Object.values(imports.local).some(other => stale.has(other))) stale.add(file)
        }
      }
      for (const file of stale) loaded.delete(file)
    },
    async load(imports) {
      Object.assign(notebookImports.local, imports.local)
      await loadAll(imports, notebook)
    },
    require: requireOf(notebook, notebookImports),
  }

  async function loadAll({ first, local }: Imports, from: string): Promise<void> {
    for (const specifier of first) {
      const file = local[specifier]
      if (file !== undefined && sources.has(file)) await run(file)
      else await loadPackage(file ?? specifier, from)
    }
  }

  /** Loads ahead what `require` cannot load; whatever else is wrong, `require` will say. */
  async function loadPackage(specifier: string, from: string): Promise<void> {
    try {
      createRequire(from)(specifier)
    } catch (error) {
      if (!IMPORT_ONLY.has(String((error as NodeJS.ErrnoException).code))) return
      imported.set(`${dirname(from)} ${specifier}`, await importFrom(from)(specifier))
    }
  }

  function run(file: string): Promise<void> {
    const known = loaded.get(file)
    // One that imports itself by way of others gets what it has exported so far.
    if (known) return known.isRunning ? Promise.resolve() : known.done
    const entry: Loaded = { exports: {}, isRunning: true, done: Promise.resolve() }
    loaded.set(file, entry)
    entry.done = evaluate(sources.get(file)!, entry)
      .catch(error => {
        // The next import tries again.
        if (loaded.get(file) === entry) loaded.delete(file)
        throw error
      })
      .finally(() => {
        entry.isRunning = false
      })
    return entry.done
  }

  async function evaluate({ file, javascript, map, awaits, imports }: LocalModule, entry: Loaded): Promise<void> {
    await loadAll(imports, file)
    const head = `(${awaits ? 'async ' : ''}function (exports, require, module, __filename, __dirname) { `
    if (map) nameSource(file, javascript, map)
    const f = vm.runInThisContext(`${head}${javascript}\n})`, { filename: file }) as (...args: unknown[]) => unknown
    await f(entry.exports, requireOf(file, imports), entry, file, dirname(file))
  }

  function requireOf(from: string, { local }: Imports): NotebookRequire {
    const native = createRequire(from)
    const require = (specifier: string): unknown => {
      const file = local[specifier]
      if (file !== undefined && sources.has(file)) return loaded.get(file)?.exports
      return imported.get(`${dirname(from)} ${file ?? specifier}`) ?? native(file ?? specifier)
    }
    return Object.assign(require, {
      async import(specifier: string) {
        const file = local[specifier]
        if (file === undefined || !sources.has(file)) return importFrom(from)(file ?? specifier)
        await run(file)
        return namespaceOf(loaded.get(file)?.exports)
      },
      meta: { url: pathToFileURL(from).href, dirname: dirname(from), filename: from },
      default: defaultOf,
      namespace: namespaceOf,
      resolve: (specifier: string) => native.resolve(specifier),
    })
  }
}

/** Node's own `import`, as from a file of that name. */
function importFrom(file: string): (specifier: string) => Promise<unknown> {
  return vm.runInThisContext('specifier => import(specifier)', {
    filename: file,
    importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  }) as (specifier: string) => Promise<unknown>
}

const isModule = (module: unknown): module is Exports =>
  typeof module === 'object' && module !== null && ('__esModule' in module || isNamespace(module))

const isNamespace = (value: object): boolean => Object.prototype.toString.call(value) === '[object Module]'

/** The default export; of CommonJS that is all of it. */
function defaultOf(module: unknown): unknown {
  return isModule(module) ? module.default : module
}

/** A module as `import * as` gives it. */
function namespaceOf(module: unknown): unknown {
  if (isModule(module)) return module
  const isObject = (typeof module === 'object' || typeof module === 'function') && module !== null
  return { ...(isObject ? module : {}), default: module }
}
