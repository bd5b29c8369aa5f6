// The execution process: runs cells and the page's comm messages, with the libraries preloaded. It knows nothing of
// ZeroMQ or TypeScript; the kernel sends it JavaScript.
import { pathToFileURL } from 'node:url'
import { Worker } from 'node:worker_threads'
import { describeTensors, toBundle } from '../display/index.js'
import type { Preloads } from '../preload.js'
import { tolerateStoppedCallbacks } from './asyncIds.js'
import { createCellRunner } from './cell.js'
import { receiveComm } from './comms.js'
import { interrupted, interruption, isInterrupt, toFailure } from './failure.js'
import { installHost } from './host.js'
import { receiveAnswer } from './input.js'
import { activity, emit, onMessage } from './link.js'
import { runMagic } from './magic.js'
import { captureOutput } from './output.js'
import type { Outcome, Request, ToExecution } from './protocol.js'
import { createScope, currentScope, runInScope, type Scope } from './scope.js'

const { found, missing } = JSON.parse(process.argv[2]!) as Preloads

/** What the cells have declared. */
const variables: Record<string, unknown> = {}
const runCell = createCellRunner(variables, process.cwd())
/** What runs: a cell, others of subshells, and handlers of comm messages. */
const running = new Set<Scope>()

new Worker(new URL('./watchdog.js', import.meta.url), { workerData: activity.memory }).unref()

process.on('SIGINT', interrupt)
runInScope(currentScope(), tolerateStoppedCallbacks)
captureOutput()
installHost()
const preloaded = preload()
// Only now: what fails before is the end of this process, and the kernel tells why.
for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
  process.on(event, (error: unknown) => {
    // What a cell left behind and the interrupt ended has been told of in the cell's own error.
    if (isInterrupt(error)) return
    const text = toFailure(error).traceback.join('\n')
    emit({ kind: 'stream', parent: currentScope().parent, name: 'stderr', text: `${text}\n` })
  })
}
onMessage(handle)
emit({ kind: 'ready' })

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

async function handle(message: ToExecution, buffers: Buffer[]): Promise<void> {
  if (message.kind === 'answer') return receiveAnswer(message)
  const scope = createScope(message.parent)
  const { signal } = scope.interruption
  running.add(scope)
  activity.began()
  const outcome = await new Promise<Outcome>(resolve => {
    signal.addEventListener('abort', () => resolve({ failure: interrupted(), payload: scope.payload }))
    // In a turn of its own in the event loop: when it is cut off there, this function is not.
    setImmediate(() => runInScope(scope, () => perform(message, buffers, scope).then(resolve)))
  })
  running.delete(scope)
  activity.ended()
  emit({ kind: 'done', request: message.request, ...outcome })
}

async function perform(request: Request, buffers: Buffer[], scope: Scope): Promise<Outcome> {
  try {
    if (request.kind !== 'comm') return await execute(request, scope)
    await receiveComm(request.type, request.content, request.metadata, buffers)
  } catch (error) {
    const { traceback } = toFailure(error)
    emit({ kind: 'stream', parent: request.parent, name: 'stderr', text: `${traceback.join('\n')}\n` })
  }
  return {}
}

async function execute(request: Request & { kind: 'execute' | 'magic' }, scope: Scope): Promise<Outcome> {
  const { payload, interruption } = scope
  try {
    for (const problem of (await preloaded).splice(0)) process.stderr.write(`${problem}\n`)
    if (request.kind === 'magic') {
      await runMagic(request.magic, interruption.signal)
      return { payload }
    }
    const value = await runCell(request.cell, request.script, interruption.signal)
    return value === undefined || value === null ? { payload } : { result: await toBundle(value), payload }
  } catch (error) {
    // A signal that stops one cell's synchronous code reaches no other.
    if (isInterrupt(error)) interrupt()
    return { failure: toFailure(error), payload }
  }
}

/** Ends all that runs, for the kernel: it has its answer, whatever the code still does. */
function interrupt(): void {
  activity.interrupted()
  for (const scope of running) scope.interruption.abort(interruption)
}
