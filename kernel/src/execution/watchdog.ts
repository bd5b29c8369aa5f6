// A thread of the execution process that works while the main thread is busy: it interrupts, and ends the process
// when the kernel is gone.
import { Session } from 'node:inspector'
import { Socket } from 'node:net'
import { workerData } from 'node:worker_threads'
import { createActivity } from './activity.js'
import { serveInspector } from './inspector.js'
import { TO_WATCHDOG } from './protocol.js'

/** How long the gentle interrupt has before the running code is stopped. */
const PATIENCE_MS = 100

const activity = createActivity(workerData as Int32Array)

const socket = new Socket({ fd: TO_WATCHDOG, readable: true, writable: false })
socket.on('data', interrupt)
socket.on('end', () => process.kill(process.pid, 'SIGKILL'))
socket.on('error', () => process.kill(process.pid, 'SIGKILL'))

serveInspector()

const inspector = new Session()
let connected = false

function interrupt(): void {
  if (!activity.isBusy()) return
  // Stops synchronous code before a cell's first await (it runs with breakOnSigint) and pending awaits.
  const signal = () => process.kill(process.pid, 'SIGINT')
  if (!activity.stop(signal, PATIENCE_MS)) setImmediate(terminate)
}

/** The main thread does not come back to its event loop: stops what it runs. */
function terminate(): void {
  if (!connected) inspector.connectToMainThread()
  connected = true
  const post = () => inspector.post('Runtime.terminateExecution')
  // Once more from the start: the signal may have gone to code that was stopped before it could heed it.
  if (!activity.stop(post, PATIENCE_MS)) setImmediate(interrupt)
}
