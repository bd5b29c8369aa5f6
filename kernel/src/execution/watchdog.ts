// A thread of the execution process that works while the main thread is busy: it interrupts, and ends the process
// when the kernel is gone.
import { Session } from 'node:inspector'
import { Socket } from 'node:net'
import { parentPort, workerData } from 'node:worker_threads'
import { createActivity } from './activity.js'
import { serveInspector } from './inspector.js'
import { TO_WATCHDOG } from './protocol.js'

/** How long the main thread has to come back to its event loop, before what it runs is stopped. */
const PATIENCE_MS = 100
/** The same for code that looks at the signal between its steps; a second interrupt does not wait. */
const PATIENCE_WITH_STEPS_MS = 10_000

const activity = createActivity(workerData as Int32Array)

const socket = new Socket({ fd: TO_WATCHDOG, readable: true, writable: false })
// A byte for each interrupt; two may come at once.
socket.on('data', bytes => bytes.forEach(interrupt))
socket.on('end', () => process.kill(process.pid, 'SIGKILL'))
socket.on('error', () => process.kill(process.pid, 'SIGKILL'))

serveInspector()

const inspector = new Session()
let connected = false
/** How much had ended at the latest interrupt. */
let latest = -1

function interrupt(): void {
  if (!activity.isBusy()) return
  const ended = activity.progress()
  const until = ended === latest ? 0 : performance.now() + PATIENCE_WITH_STEPS_MS
  latest = ended
  ask(ended, until)
}

/** Asks the main thread to end its requests, and makes it do so. @param until when, at the latest, by its steps */
function ask(ended: number, until: number): void {
  activity.askToEnd(ended)
  parentPort!.postMessage(ended)
  watch(ended, until, activity.isHeeding())
}

/** @param heeded whether a step ran when this was looked at last: code has some time after a step's end, too */
function watch(ended: number, until: number, heeded: boolean): void {
  setTimeout(() => {
    const heeds = activity.isHeeding()
    if ((heeds || heeded) && performance.now() < until && activity.progress() === ended) watch(ended, until, heeds)
    else if (terminate(ended)) ask(ended, 0)
  }, PATIENCE_MS)
}

/**
 * Stops what the main thread runs, in whichever loop; V8 then drops all promise callbacks that were due.
 * @returns whether there still was something to stop
 */
function terminate(ended: number): boolean {
  if (!connected) inspector.connectToMainThread()
  connected = true
  activity.holdWriter()
  if (activity.progress() !== ended) {
    activity.release()
    return false
  }
  activity.forget()
  inspector.post('Runtime.terminateExecution', activity.release)
  return true
}
