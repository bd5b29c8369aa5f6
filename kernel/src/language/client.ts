// The kernel's end of the language thread.
import { Worker } from 'node:worker_threads'
import type { Session, SessionOptions } from './session.js'

type Asynchronous<T> = {
  [K in keyof T]: T[K] extends (...args: infer A) => infer R ? (...args: A) => Promise<R> : never
}

export type Language = Asynchronous<Session>

export function startLanguage(options: SessionOptions): Language {
  const worker = new Worker(new URL('./worker.js', import.meta.url), { workerData: options })
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>()
  let count = 0
  worker.on('message', ({ id, result, error }: { id: number; result?: unknown; error?: string }) => {
    const { resolve, reject } = waiting.get(id)!
    waiting.delete(id)
    if (error === undefined) resolve(result)
    else reject(new Error(error))
  })
  let dead: Error | undefined
  worker.on('error', error => {
    dead = new Error(`TypeScript's thread ended: ${error.message}. Restart the kernel.`)
    for (const { reject } of waiting.values()) reject(dead)
    waiting.clear()
  })
  const call =
    (method: string) =>
    (...args: unknown[]) =>
      new Promise((resolve, reject) => {
        if (dead) return reject(dead)
        waiting.set(++count, { resolve, reject })
        worker.postMessage({ id: count, method, args })
      })
  const methods = [
    'convert',
    'commit',
    'reset',
    'complete',
    'inspect',
    'isComplete',
    'transpile',
    'findGuards',
    'outermostNames',
  ] as const
  return Object.fromEntries(methods.map(method => [method, call(method)])) as unknown as Language
}
