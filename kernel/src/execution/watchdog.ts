// A thread of the execution process that works while the main thread is busy: it interrupts, and ends the process
// when the kernel is gone.
import { Session } from 'node:inspector'
import { Socket } from 'node:net'
import { workerData } from 'node:worker_threads'
import { TO_WATCHDOG } from './protocol.js'

/** How long the gentle interrupt has before the running code is stopped. */
const PATIENCE_MS = 100

/** Shared with the main thread: [number of the request that runs, or 0; how many SIGINTs it has handled]. */
const state = workerData as Int32Array

const socket = new Socket({ fd: TO_WATCHDOG, readable: true, writable: false })
socket.on('data', interrupt)
socket.on('end', () => process.kill(process.pid, 'SIGKILL'))
socket.on('error', () => process.kill(process.pid, 'SIGKILL'))

const inspector = new Session()
let connected = false

function interrupt(): void {
  const running = Atomics.load(state, 0)
  if (running === 0) return
  const handled = Atomics.load(state, 1)
  // Stops synchronous code before a cell's first await (tslab runs it with breakOnSigint) and pending awaits.
  process.kill(process.pid, 'SIGINT')
  const check = () => {
    if (Atomics.load(state, 0) !== running || Atomics.load(state, 1) !== handled) return
    // The main thread does not come back to its event loop: stop what it runs.
    if (!connected) inspector.connectToMainThread()
    connected = true
    inspector.post('Runtime.terminateExecution')
    setTimeout(check, PATIENCE_MS)
  }
  setTimeout(check, PATIENCE_MS)
}
