// The kernel's end of the language process.
import { type ChildProcess, spawn } from 'node:child_process'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Answer, Method, Question } from './serve.js'
import type { Session, SessionOptions } from './session.js'

type Asynchronous<T> = {
  [K in keyof T]: T[K] extends (...args: infer A) => infer R ? (...args: A) => Promise<R> : never
}

export type Language = Asynchronous<Pick<Session, Method>>

interface Waiting {
  question: Question
  resolve(value: unknown): void
  reject(error: Error): void
}

/** Where kernel/snapshot.mjs has this version of Node write a snapshot. */
const SNAPSHOT = fileURLToPath(new URL(`../language-${process.version}-${process.arch}.blob`, import.meta.url))
const PROCESS = fileURLToPath(new URL('./process.js', import.meta.url))

/**
 * Options of Node before the snapshot's file, the same where it is written and where it is read. Its checksum takes a
 * tenth of a second; a snapshot that cannot be read is done without.
 */
export const SNAPSHOT_FLAGS = ['--no-verify-snapshot-checksum', '--snapshot-blob']

export function startLanguage(options: SessionOptions): Language {
  const waiting = new Map<number, Waiting>()
  let count = 0
  let dead: Error | undefined
  let child = start(hasSnapshot())

  function start(fromSnapshot: boolean): ChildProcess {
    const args = [...(fromSnapshot ? [...SNAPSHOT_FLAGS, SNAPSHOT] : []), PROCESS, JSON.stringify(options)]
    const started = spawn(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
    // The sockets keep the kernel alive: it ends once they are closed, and this process with it.
    started.unref()
    started.channel?.unref()
    let answers = 0
    started.on('message', ({ id, result, error }: Answer) => {
      answers++
      const { resolve, reject } = waiting.get(id)!
      waiting.delete(id)
      if (error === undefined) resolve(result)
      else reject(new Error(error))
    })
    started.once('error', error => end(error.message))
    started.once('exit', (code, signal) => {
      // Node takes no snapshot that was written with other options, such as those of NODE_OPTIONS.
      if (fromSnapshot && answers === 0) {
        child = start(false)
        for (const { question } of waiting.values()) child.send(question)
      } else end(signal ?? `code ${code}`)
    })
    return started
  }

  function end(reason: string): void {
    dead = new Error(`the process with TypeScript ended (${reason}). Restart the kernel.`)
    for (const { reject } of waiting.values()) reject(dead)
    waiting.clear()
  }

  const call =
    (method: Method) =>
    (...args: unknown[]) =>
      new Promise((resolve, reject) => {
        if (dead) return reject(dead)
        const question = { id: ++count, method, args }
        waiting.set(question.id, { question, resolve, reject })
        child.send(question)
      })
  const methods: Method[] = [
    'convert',
    'commit',
    'reset',
    'complete',
    'inspect',
    'isComplete',
    'transpile',
    'findGuards',
    'outermostNames',
  ]
  return Object.fromEntries(methods.map(method => [method, call(method)])) as unknown as Language
}

/** Whether there is a snapshot, and of the code as it is now. */
function hasSnapshot(): boolean {
  const written = statSync(SNAPSHOT, { throwIfNoEntry: false })?.mtimeMs
  if (written === undefined) return false
  const folders = ['.', '..'].map(path => fileURLToPath(new URL(path, import.meta.url)))
  return folders.every(folder =>
    readdirSync(folder).every(name => !name.endsWith('.js') || statSync(join(folder, name)).mtimeMs <= written),
  )
}
