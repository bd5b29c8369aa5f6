/** Runs trials on an executor, never more than it has slots, and tells what happens as it happens. */

import { setTimeout as sleep } from 'node:timers/promises'
import type { Desk, Order } from './desk.js'
import type { Ending, Executor, MetricLine, Running, TrialTask } from './executor.js'

export type ScheduleEvent =
  | { kind: 'started'; key: string; attempt: number }
  | { kind: 'metric'; key: string; line: MetricLine }
  | { kind: 'lost'; key: string; message?: string }
  | { kind: 'ended'; key: string; ending: Ending }

export interface ScheduleOptions {
  /** Aborting it stops all trials, each with a checkpoint; those that are not started are left out. */
  signal?: AbortSignal
  /** How often a trial whose process or node went away is started again. */
  retries?: number
  /** Whether a trial may start now; one that may not is looked at again later (another process runs it, say). */
  mayStart?: (task: TrialTask) => boolean
  /** Takes orders while it runs, and goes on until the desk is closed. `taskOf`: nothing for a trial that is not to run. */
  orders?: { desk: Desk; taskOf: (key: string) => TrialTask | undefined }
  /** Sees every metric once, before the event; true: the trial is stopped. */
  shouldStop?: (key: string, line: MetricLine) => boolean
}

/** How long to wait before asking again for slots, or for a trial that may not start yet. */
const pause = 500

/**
 * Runs tasks in their order as slots come free. Leaving the loop stops what runs.
 * @throws what an executor throws when it cannot start anything at all, or `shouldStop` throws (a full disk, say); what
 *   runs is stopped first
 */
export async function* schedule(
  tasks: readonly TrialTask[],
  executor: Executor,
  { signal, retries = 3, mayStart = () => true, shouldStop = () => false, orders }: ScheduleOptions = {},
): AsyncGenerator<ScheduleEvent, void> {
  const waiting = tasks.map(task => ({ task, attempt: 1 }))
  const running = new Map<string, Running>()
  const seen = new Map<string, number>()
  const unwanted = new Set<string>()
  /** What `shouldStop` threw: an executor calls us, and could do nothing with it. */
  let failure: { error: unknown } | undefined
  const { push, take, wait, rouse } = createQueue<ScheduleEvent>()
  orders?.desk.onAsk(rouse)

  const onMetric = (key: string, line: MetricLine) => {
    if (line.sequence <= (seen.get(key) ?? -1)) return
    seen.set(key, line.sequence)
    push({ kind: 'metric', key, line })
    try {
      if (!shouldStop(key, line)) return
    } catch (error) {
      failure ??= { error }
      return rouse()
    }
    unwanted.add(key)
    void running.get(key)?.stop()
  }

  async function start(next: (typeof waiting)[number]): Promise<void> {
    const { task, attempt } = next
    const { key } = task
    const started = await executor.start(task, line => onMetric(key, line))
    running.set(key, started)
    if (unwanted.has(key)) void started.stop()
    push({ kind: 'started', key, attempt })
    void started.done.then(ending => {
      running.delete(key)
      const isWaiting = waiting.some(other => other.task.key === key)
      const again =
        ending.state === 'lost' && attempt <= retries && !signal?.aborted && !unwanted.has(key) && !isWaiting
      if (again) waiting.unshift({ task, attempt: attempt + 1 })
      const { message } = ending
      push(again ? { kind: 'lost', key, ...(message && { message }) } : { kind: 'ended', key, ending })
    })
  }

  function obey({ kind, key }: Order): void {
    const at = waiting.findIndex(({ task }) => task.key === key)
    if (kind === 'stop') {
      unwanted.add(key)
      if (at >= 0) push({ kind: 'ended', key: waiting.splice(at, 1)[0]!.task.key, ending: { state: 'stopped' } })
      void running.get(key)?.stop()
      return
    }
    // One that is just being stopped starts again when it has ended.
    const goesOn = running.has(key) && !unwanted.has(key)
    unwanted.delete(key)
    const task = at < 0 && !goesOn ? orders!.taskOf(key) : undefined
    if (task) waiting.push({ task, attempt: 1 })
  }

  const mayGoOn = () => !signal?.aborted && (waiting.length > 0 || orders?.desk.isOpen === true)
  try {
    while (running.size > 0 || mayGoOn()) {
      if (failure) throw failure.error
      if (signal?.aborted) await stopAll(running)
      for (const order of orders?.desk.take() ?? []) obey(order)
      const free = signal?.aborted ? 0 : (await executor.slots()) - running.size
      for (let slot = 0; slot < free; slot++) {
        const index = waiting.findIndex(({ task }) => !running.has(task.key) && mayStart(task))
        if (index < 0) break
        await start(waiting.splice(index, 1)[0]!)
      }
      yield* take()
      if (running.size === 0 && !mayGoOn()) break
      await wait(pause, signal)
    }
    yield* take()
    if (failure) throw failure.error
  } finally {
    await stopAll(running)
  }
}

async function stopAll(running: ReadonlyMap<string, Running>): Promise<void> {
  await Promise.all([...running.values()].map(trial => trial.stop()))
}

/** Events between the callbacks that make them and the loop that gives them on. */
function createQueue<T>() {
  let events: T[] = []
  let wake = () => {}
  return {
    push(event: T) {
      events.push(event)
      wake()
    },
    /** Ends a wait. */
    rouse: () => wake(),
    *take(): Generator<T> {
      while (events.length > 0) {
        const batch = events
        events = []
        yield* batch
      }
    },
    /** Until something is there, the time is over, or the signal aborts. */
    async wait(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
      if (events.length > 0) return
      const timer = new AbortController()
      await new Promise<void>(resolve => {
        const done = () => {
          timer.abort()
          signal?.removeEventListener('abort', done)
          resolve()
        }
        wake = done
        signal?.addEventListener('abort', done)
        sleep(milliseconds, undefined, { signal: timer.signal }).then(done, () => {})
      })
      wake = () => {}
    },
  }
}
