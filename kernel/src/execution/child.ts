// The execution process: runs cells and the page's comm messages, with the libraries preloaded. It knows nothing of
// ZeroMQ or TypeScript; the kernel sends it JavaScript.
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { Worker } from 'node:worker_threads'
import type { Converter, ConvertResult } from 'tslab/dist/converter.js'
import { describeTensors, toBundle } from '../display/index.js'
import type { Preloads } from '../preload.js'
import { tolerateStoppedCallbacks } from './asyncIds.js'
import { receiveComm } from './comms.js'
import { interrupted, toFailure } from './failure.js'
import { installHost } from './host.js'
import { emit, onRequest } from './link.js'
import { createModules } from './modules.js'
import { captureOutput } from './output.js'
import { nameSource } from './positions.js'
import type { Bundle, Failure, Request } from './protocol.js'
import { currentScope, runInScope, type Scope } from './scope.js'

const require = createRequire(import.meta.url)
const { found, missing } = JSON.parse(process.argv[2]!) as Preloads

/** What tslab's executor reports of the cell that it runs. */
let failed: unknown
let converted: ConvertResult
let running: Scope | undefined

/** What the cells have declared. */
const variables: Record<string, unknown> = {}
const modules = createModules(process.cwd())
const executor = createTslabExecutor()
// A cell is a function of these two: its variables, and how it imports.
Object.assign(globalThis, { __tslab__: { exports: variables, require: modules.require } })
const state = new Int32Array(new SharedArrayBuffer(8))
new Worker(new URL('./watchdog.js', import.meta.url), { workerData: state }).unref()

process.on('SIGINT', () => {
  Atomics.add(state, 1, 1)
  if (!running) return
  running.interruption.abort(new DOMException('the cell was interrupted', 'AbortError'))
  executor.interrupt()
})
runInScope(currentScope(), tolerateStoppedCallbacks)
captureOutput()
installHost()
const preloaded = preload()
// Only now: what fails before is the end of this process, and the kernel tells why.
for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
  process.on(event, (error: unknown) => {
    const text = toFailure(error).traceback.join('\n')
    emit({ kind: 'stream', parent: currentScope().parent, name: 'stderr', text: `${text}\n` })
  })
}
onRequest(handle)
emit({ kind: 'ready' })

/** tslab's executor asks its converter for JavaScript; the kernel has made that already. */
function createTslabExecutor() {
  const metadata = require.resolve('tslab/dist/metadata.js')
  // Only this module of the executor's would load TypeScript: it looks for tags that the kernel has dealt with.
  const exports = { getCodeMetadata: () => ({}) }
  require.cache[metadata] = { id: metadata, filename: metadata, loaded: true, exports } as unknown as NodeJS.Module
  const { createExecutor } = require('tslab/dist/executor.js') as typeof import('tslab/dist/executor.js')
  const converter = { convert: () => converted } as Partial<Converter> as Converter
  return createExecutor(
    process.cwd(),
    { node: converter, browser: converter, close() {} },
    {
      log() {},
      error: error => {
        failed = error
      },
    },
  )
}

/** Loads the libraries; what went wrong is told in the first cell. */
async function preload(): Promise<string[]> {
  const problems = [...missing]
  for (const { name, file, export: exported } of found) {
    try {
      const module = (await import(pathToFileURL(file).href)) as Record<string, unknown>
      if (exported && !(exported in module)) throw new Error(`it has no export "${exported}"`)
      const value = exported ? module[exported] : module
      describeTensors(value)
      variables[name] = value
    } catch (error) {
      problems.push(`"${name}" could not be loaded from ${file}: ${toFailure(error).evalue}`)
    }
  }
  return problems
}

async function handle(request: Request, buffers: Buffer[]): Promise<void> {
  const scope: Scope = { parent: request.parent, interruption: new AbortController() }
  const before = Atomics.exchange(state, 0, request.request)
  let outcome: { result?: Bundle; failure?: Failure } = {}
  try {
    if (request.kind === 'execute') outcome = await runInScope(scope, () => execute(request, scope))
    else await runInScope(scope, () => receiveComm(request.type, request.content, request.metadata, buffers))
  } catch (error) {
    const { traceback } = toFailure(error)
    emit({ kind: 'stream', parent: request.parent, name: 'stderr', text: `${traceback.join('\n')}\n` })
  }
  if (Atomics.load(state, 0) === request.request) Atomics.store(state, 0, before)
  emit({ kind: 'done', request: request.request, ...outcome })
}

async function execute(request: Request & { kind: 'execute' }, scope: Scope) {
  running = scope
  try {
    for (const problem of (await preloaded).splice(0)) process.stderr.write(`${problem}\n`)
    if (scope.interruption.signal.aborted) return { failure: interrupted() }
    const { cell, code, script } = request
    modules.update(script.modules)
    await Promise.race([modules.load(script.imports), aborted(scope.interruption.signal)])
    nameSource(cell, script.javascript, script.map)
    const output = `${script.javascript}\n//# sourceURL=${cell}`
    converted = { output, hasToplevelAwait: script.awaits, diagnostics: [] }
    const ok = await executor.execute(code)
    if (!ok) {
      const failure = toFailure(failed)
      if (failure.ename === interrupted().ename) scope.interruption.abort()
      return { failure }
    }
    if (script.value === undefined) return {}
    const value = variables[script.value]
    delete variables[script.value]
    return value === undefined || value === null ? {} : { result: await toBundle(value) }
  } catch (error) {
    // A module could not be loaded, or the value's own [Symbol.for('Jupyter.display')] failed.
    return { failure: toFailure(error) }
  } finally {
    running = undefined
  }
}

/** Rejects when the cell is interrupted. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }))
}
