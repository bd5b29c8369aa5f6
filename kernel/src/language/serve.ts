// The language process: answers the kernel's questions one by one, in order.
import { createSession, type Session, type SessionOptions } from './session.js'
import type { Workspace } from './workspace.js'

/** How long the process waits for a question before it makes ready for those to come, in milliseconds. */
const IDLE_MS = 300

export type Method = Exclude<keyof Session, 'workspace'>

export interface Question {
  id: number
  method: Method
  args: unknown[]
}

export interface Answer {
  id: number
  result?: unknown
  error?: string
}

/** @param prepared a workspace that has read TypeScript's library and what the preloaded ones declare */
export function serve(prepared?: Workspace): void {
  const session = createSession(JSON.parse(process.argv[2]!) as SessionOptions, prepared)
  // TypeScript's own library and Node's types, which every cell needs.
  if (session.workspace !== prepared) session.convert('')
  let isWarm = false
  let idle = setTimeout(warm, IDLE_MS)

  process.on('message', ({ id, method, args }: Question) => {
    const answer: Answer = { id }
    try {
      answer.result = (session[method] as (...args: unknown[]) => unknown).apply(session, args)
    } catch (error) {
      answer.error = error instanceof Error ? (error.stack ?? error.message) : String(error)
    }
    // The kernel may have ended meanwhile: then this process ends too, as soon as it is told so.
    process.send!(answer, undefined, undefined, () => {})
    if (isWarm) return
    clearTimeout(idle)
    idle = setTimeout(warm, IDLE_MS)
  })
  process.on('disconnect', () => process.exit(0))
  // The kernel's to handle: it comes to the whole group from a terminal.
  process.on('SIGINT', () => {})

  /** Reads what the preloaded libraries declare, and compiles what completion needs: a snapshot cannot hold that. */
  function warm(): void {
    session.complete('Math.', 'Math.'.length)
    isWarm = true
  }
}
