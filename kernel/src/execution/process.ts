// The kernel's end of the execution process: starts it, talks to it, interrupts it, and starts a fresh one when it
// dies.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Duplex, Readable, Writable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Preloads } from '../preload.js'
import { TOLERATE_STOPPED_CALLBACKS } from './asyncIds.js'
import {
  type Event,
  encodeFrame,
  FROM_KERNEL,
  frameReader,
  INSPECTOR,
  TO_KERNEL,
  TO_WATCHDOG,
  type ToExecution,
} from './protocol.js'

const LAST_WORDS_MS = 200

export interface Execution {
  send(message: ToExecution, buffers?: Uint8Array[]): void
  interrupt(): void
  /** The main thread's inspector, as inspector.ts serves it. */
  readonly inspector: Duplex
  /** Ends the process; `onExit` is not called. */
  stop(): void
}

export interface ExecutionOptions {
  preloads: Preloads
  onEvent(event: Event, buffers: Buffer[]): void
  /** Text that native code or a subprocess writes to the process's own stdout. */
  onNativeOutput(text: string): void
  /** @param reason such as "signal SIGSEGV", with the last lines of stderr */
  onExit(reason: string): void
}

export function startExecution({ preloads, onEvent, onNativeOutput, onExit }: ExecutionOptions): Execution {
  const child = spawn(
    process.execPath,
    [
      '--disable-warning=ExperimentalWarning',
      ...TOLERATE_STOPPED_CALLBACKS,
      fileURLToPath(new URL('./child.js', import.meta.url)),
      JSON.stringify(preloads),
    ],
    { stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'pipe', 'pipe', 'pipe'] },
  )
  const fromChild = child.stdio[TO_KERNEL] as Readable
  const toChild = child.stdio[FROM_KERNEL] as Writable
  const toWatchdog = (child.stdio as unknown as Writable[])[TO_WATCHDOG]!
  const inspector = (child.stdio as unknown as Duplex[])[INSPECTOR]!
  let stopped = false
  let lastWords = ''

  fromChild.on('data', frameReader<Event>(onEvent))
  child.stdout!.setEncoding('utf8').on('data', onNativeOutput)
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    process.stderr.write(text)
    lastWords = (lastWords + text).slice(-2000)
  })
  // Writing to a process that has just died fails; its exit says all.
  for (const pipe of [toChild, toWatchdog, inspector]) pipe.on('error', () => {})
  child.on('error', error => {
    if (!stopped) onExit(`it could not be started: ${error.message}`)
  })
  child.on('exit', async (code, signal) => {
    // Its last words are read to the end, unless a process that it started keeps the pipes open.
    const read = once(child, 'close')
    await Promise.race([read, sleep(LAST_WORDS_MS, undefined, { ref: false })])
    if (stopped) return
    stopped = true
    const words = lastWords.trim()
    onExit(`${signal ? `signal ${signal}` : `exit code ${code}`}${words ? `\n${words}` : ''}`)
  })

  return {
    inspector,
    send(message, buffers = []) {
      for (const part of encodeFrame(message, buffers)) toChild.write(part)
    },
    interrupt: () => void toWatchdog.write('i'),
    stop() {
      stopped = true
      child.kill('SIGKILL')
      // Nothing of it shall keep the kernel alive: the pipes may still be held by a process that a cell started.
      child.unref()
      for (const pipe of child.stdio) pipe?.destroy()
    },
  }
}
