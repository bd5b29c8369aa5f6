// The language thread: loads TypeScript (the slow part of the kernel's start) and answers the kernel's questions one
// by one, in order.
import { parentPort, workerData } from 'node:worker_threads'
import type { Preload } from '../preload.js'
import { createSession, type Session } from './session.js'

const session = createSession((workerData as { preloads: Preload[] }).preloads)

parentPort!.on('message', ({ id, method, args }: { id: number; method: keyof Session; args: unknown[] }) => {
  try {
    const answer = session[method] as (...args: unknown[]) => unknown
    parentPort!.postMessage({ id, result: answer(...args) })
  } catch (error) {
    parentPort!.postMessage({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) })
  }
})
