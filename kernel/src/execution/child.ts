// The execution process: runs cells and the page's comm messages, with the libraries preloaded. It knows nothing of
// ZeroMQ or TypeScript; the kernel sends it JavaScript.
import { Worker } from 'node:worker_threads'
import { toBundle } from '../display/index.js'
import type { Preloads } from '../preload.js'
import { tolerateStoppedCallbacks } from './asyncIds.js'
import { createCellRunner } from './cell.js'
import { isAccepted, receiveComm } from './comms.js'
import { interrupted, interruption, isInterrupt, toFailure } from './failure.js'
import { installHost } from './host.js'
import { receiveAnswer } from './input.js'
import { createLibraries } from './libraries.js'
import { activity, emit, onMessage } from './link.js'
import { runMagic } from './magic.js'
import { captureOutput } from './output.js'
import type { Outcome, Request, ToExecution } from './protocol.js'
import { createScope, currentScope, runInScope, type Scope } from './scope.js'

/** What the cells have declared. */
const variables: Record<string, unknown> = {}
const libraries = createLibraries(JSON.parse(process.argv[2]!) as Preloads, variables)
const runCell = createCellRunner(variables, process.cwd())
/** Done when the latest comm of the page that waited for the libraries is open. */
let opening: Promise<void> | undefined
/** What runs, a cell, others of subshells, handlers of comm messages: with what ends each for the kernel. */
const running = new Map<Scope, (outcome: Outcome) => void>()

const watchdog = new Worker(new URL('./watchdog.js', import.meta.url), { workerData: activity.memory })
watchdog.unref()
// What has ended since was not meant.
watchdog.on('message', ended => {
  if (ended === activity.progress()) interrupt()
})
process.on('SIGINT', interrupt)
runInScope(currentScope(), tolerateStoppedCallbacks)
captureOutput()
installHost()
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

function handle(message: ToExecution, buffers: Buffer[]): void {
  if (message.kind === 'answer') {
    // After what came before it, which has turns of its own, too.
    setImmediate(receiveAnswer, message)
    return
  }
  if (message.kind === 'load') {
    void libraries.load()
    return
  }
  const scope = createScope(message.parent)
  running.set(scope, outcome => {
    if (!running.has(scope)) return
    // In this order: a stop by force may still hit here, and the interrupt then ends it once more.
    emit({ kind: 'done', request: message.request, ...outcome })
    activity.ended()
    running.delete(scope)
  })
  activity.began()
  // In a turn of its own in the event loop, so that others are not cut off with it.
  setImmediate(async () => running.get(scope)?.(await runInScope(scope, () => perform(message, buffers, scope))))
}

async function perform(request: Request, buffers: Buffer[], scope: Scope): Promise<Outcome> {
  try {
    if (request.kind !== 'comm') return await execute(request, scope)
    // The page may open a comm to a target that a library accepts; what follows must not overtake that.
    if (request.type === 'comm_open' && !isAccepted(String(request.content.target_name))) opening = libraries.load()
    await opening
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
    if (request.kind === 'magic') {
      await runMagic(request.magic, interruption.signal)
      return { payload }
    }
    await libraries.load(request.script.javascript)
    for (const problem of libraries.problems())
      process.stderr.write(`${problem}
`)
    const value = await runCell(request.cell, request.script, interruption.signal)
    // A library has heeded the interrupt before the event loop told of it, and the cell came to its end.
    interruption.signal.throwIfAborted()
    return value === undefined || value === null ? { payload } : { result: await toBundle(value), payload }
  } catch (error) {
    return { failure: toFailure(error), payload }
  }
}

/** Ends all that runs, for the kernel: it has its answer, whatever the code still does until it heeds the signal. */
function interrupt(): void {
  for (const [scope, end] of running) {
    scope.interruption.abort(interruption)
    end({ failure: interrupted(), payload: scope.payload })
  }
}
