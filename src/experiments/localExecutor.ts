/** Trials as child processes of this machine: some for each GPU, or one for each free core. */

import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { availableParallelism, loadavg } from 'node:os'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import type { Ending, Executor, Running } from './executor.js'
import { createMetricLines } from './metricLines.js'

export interface LocalOptions {
  /** Trials at once; by default one for each GPU, or for each core that nothing else uses. */
  slots?: number
  /** Trials that share a GPU. */
  perGpu?: number
}

/** Lines of standard error that are kept to tell why a trial failed. */
const keptLines = 20
/** A process that does not end when it is asked to is ended after so many milliseconds. */
const patience = 120_000

interface Child extends Running {
  slot: number
}

/** An executor on this machine. Its processes end with it, even when it is killed. */
export function localExecutor({ slots: given, perGpu = 1 }: LocalOptions = {}): Executor {
  const gpus = visibleGpus()
  const slots = given ?? (gpus.length > 0 ? gpus.length * perGpu : freeCores())
  const running = new Set<Child>()
  return {
    name: 'local',
    slots: async () => slots,
    async start(task, onMetric) {
      const slot = freeSlot(running, slots)
      const child = spawn(task.command[0]!, task.command.slice(1), {
        env: { ...process.env, ADT_END_WITH_INPUT: '1', ...placement(gpus, slot, slots), ...task.environment },
        stdio: ['pipe', 'pipe', 'pipe'],
        // A group of its own: Ctrl-C in a terminal reaches the scheduler alone, which stops trials one by one.
        detached: true,
      })
      await new Promise((resolve, reject) => child.once('spawn', resolve).once('error', reject))
      const own: Child = { ...follow(child, createMetricLines(task.folder, onMetric).read), slot }
      running.add(own)
      void own.done.then(() => running.delete(own))
      return own
    },
    async close() {
      await Promise.all([...running].map(({ stop }) => stop()))
    },
  }
}

function follow(child: ChildProcessByStdio<Writable, Readable, Readable>, read: (line: string) => void): Running {
  let asked = false
  const errors: string[] = []
  createInterface({ input: child.stdout }).on('line', read)
  createInterface({ input: child.stderr }).on('line', line => {
    errors.push(line)
    if (errors.length > keptLines) errors.shift()
  })
  // Nobody writes to it: that it closes tells the process that we are gone.
  child.stdin.on('error', () => {})
  const done = new Promise<Ending>(resolve => {
    child.once('close', (code, signal) => {
      signalGroup(child.pid!, 'SIGKILL')
      resolve(ending(code, signal, asked, errors))
    })
  })
  return {
    done,
    async stop() {
      // A second signal would end it before its checkpoint is written.
      if (!asked) signalGroup(child.pid!, 'SIGTERM')
      asked = true
      const timer = setTimeout(() => signalGroup(child.pid!, 'SIGKILL'), patience)
      await done
      clearTimeout(timer)
    },
  }
}

/** Exit status 75: another process runs the trial, which is to be looked at again later. A signal that is not ours: lost. */
function ending(code: number | null, signal: NodeJS.Signals | null, asked: boolean, errors: string[]): Ending {
  if (code === 0) return { state: 'finished' }
  if (asked) return { state: 'stopped' }
  const message = [signal ? `ended by ${signal}` : `ended with status ${code}`, ...errors].join('\n')
  const state = signal || code === 143 || code === 75 ? 'lost' : 'failed'
  return { state, message }
}

/** A trial's whole process group; nothing when it has ended. */
function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

function freeSlot(running: ReadonlySet<Child>, slots: number): number {
  const taken = new Set([...running].map(({ slot }) => slot))
  for (let slot = 0; slot < slots; slot++) if (!taken.has(slot)) return slot
  throw new Error(`all ${slots} slots of this machine are taken`)
}

/** Which GPU a slot has and how much of it, or how many threads where there is none. */
function placement(gpus: readonly string[], slot: number, slots: number): Record<string, string> {
  if (gpus.length === 0) {
    const threads = Math.max(1, Math.floor(availableParallelism() / slots))
    return { TF_NUM_INTRAOP_THREADS: `${threads}`, TF_NUM_INTEROP_THREADS: '1' }
  }
  const sharing = Math.ceil(slots / gpus.length)
  return {
    CUDA_VISIBLE_DEVICES: gpus[slot % gpus.length]!,
    ...(sharing > 1 && { ADT_GPU_MEMORY: (0.92 / sharing).toFixed(3) }),
  }
}

/**
 * GPUs that this process may use, without opening CUDA: CUDA_VISIBLE_DEVICES, or the devices there are. In a container
 * those are its own, under the numbers of the whole machine; CUDA counts them from 0.
 */
function visibleGpus(): string[] {
  const { CUDA_VISIBLE_DEVICES: visible } = process.env
  if (visible !== undefined) return visible.split(',').filter(name => name !== '' && name !== '-1')
  const devices = existsSync('/dev') ? readdirSync('/dev').filter(name => /^nvidia\d+$/.test(name)) : []
  return devices.map((_, index) => `${index}`)
}

function freeCores(): number {
  return Math.max(1, Math.round(availableParallelism() - loadavg()[0]!))
}
