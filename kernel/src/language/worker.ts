// The language thread: loads TypeScript (the slow part of the kernel's start) and answers the kernel's questions one
// by one, in order.
import { parentPort, workerData } from 'node:worker_threads'
import { createSession, type Session, type SessionOptions } from './session.js'

/** How long the thread waits for a question before it reads the preloaded libraries' declarations ahead, in ms. */
const IDLE_MS = 300

const session = createSession(workerData as SessionOptions)
// TypeScript's own library and Node's types, which every cell needs.
session.convert('')
let isWarm = false
let idle = setTimeout(warm, IDLE_MS)

parentPort!.on('message', ({ id, method, args }: { id: number; method: keyof Session; args: unknown[] }) => {
  try {
    const answer = session[method] as (...args: unknown[]) => unknown
    parentPort!.postMessage({ id, result: answer.apply(session, args) })
  } catch (error) {
    parentPort!.postMessage({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) })
  }
  if (isWarm) return
  clearTimeout(idle)
  idle = setTimeout(warm, IDLE_MS)
})

function warm(): void {
  session.warm()
  isWarm = true
}
