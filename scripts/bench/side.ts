/**
 * One side of a comparison, ours or PyTorch's: a child process that answers a line of JSON with a line of JSON.
 *
 * Both sides live through a whole comparison, so that their measurements can alternate; only the one that was asked works.
 */

import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

/** What is asked: `do` names the function, the rest is its argument. */
export type Request = { do: string } & Record<string, unknown>
export type Reply = Record<string, unknown>

export interface Side {
  name: string
  /**
   * @throws Error with the side's own message when it cannot do what is asked; it can then be asked again
   * @throws Error with the end of what it printed when its process has ended
   */
  ask(request: Request): Promise<Reply>
  /** Ends the process. */
  close(): Promise<void>
}

/** How much of what a process printed is shown when it dies. */
const shownLines = 12

export function startSide(
  name: string,
  program: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Side {
  const child = spawn(program, args, { env: { ...process.env, ...env }, stdio: ['pipe', 'pipe', 'pipe'] })
  const printed: string[] = []
  const print = (line: string) => {
    printed.push(line)
    if (printed.length > shownLines) printed.shift()
  }
  let waiting: { resolve: (reply: Reply) => void; reject: (error: Error) => void } | undefined
  let ended: Error | undefined
  const settle = (deliver: (to: NonNullable<typeof waiting>) => void) => {
    const to = waiting
    waiting = undefined
    if (to) deliver(to)
  }
  const end = (how: string) => {
    ended ??= new Error(
      [`${name} ended ${how}${printed.length > 0 ? '; it had printed:' : '.'}`, ...printed].join('\n'),
    )
    settle(({ reject }) => reject(ended!))
  }
  createInterface({ input: child.stderr }).on('line', print)
  createInterface({ input: child.stdout }).on('line', line => {
    const reply = parse(line)
    if (!reply) print(line)
    else if (typeof reply.error === 'string') settle(({ reject }) => reject(new Error(`${name}: ${reply.error}`)))
    else settle(({ resolve }) => resolve(reply))
  })
  child.on('error', error => end(`before it began (${error.message})`))
  child.on('close', (code, signal) => end(signal ? `by ${signal}` : `with code ${code}`))
  // A process that has died breaks the pipe; 'close' tells why.
  child.stdin.on('error', () => undefined)

  return {
    name,
    ask(request) {
      if (ended) return Promise.reject(ended)
      if (waiting) return Promise.reject(new Error(`${name} was asked twice at once`))
      return new Promise((resolve, reject) => {
        waiting = { resolve, reject }
        child.stdin.write(`${JSON.stringify(request)}\n`)
      })
    },
    close: () => close(child),
  }
}

/** An object on one line; anything else that a side prints is for people. */
function parse(line: string): Reply | undefined {
  if (!line.startsWith('{')) return undefined
  try {
    return JSON.parse(line) as Reply
  } catch {
    return undefined
  }
}

/** Both sides' loops end with their input; one that does not within a few seconds is stopped. */
function close(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return Promise.resolve()
  return new Promise(resolve => {
    const timer = setTimeout(() => child.kill('SIGKILL'), 5000)
    child.once('close', () => {
      clearTimeout(timer)
      resolve()
    })
    child.stdin?.end()
  })
}
