/** A study that is run from its view: trials are launched, stopped and resumed by who looks at it. */

import { randomUUID } from 'node:crypto'
import { dirname, resolve } from 'node:path'
import {
  createDesk,
  type Executor,
  localExecutor,
  type RunStudyOptions,
  readStudy,
  runStudy,
  type Study,
  scaleFolder,
  trialsOf,
} from '../experiments/index.js'
import { followTrials } from './followTrials.js'
import { display, host } from './host.js'
import { takeOrders } from './studyOrders.js'
import { optionsOf } from './studyRows.js'
import { type Sweep, sweep } from './sweep.js'
import type { StudyOptions } from './sweepStudy.js'

/** A study whose trials are asked for one by one. */
export interface SteeredStudy extends Omit<Sweep, 'show' | 'set' | 'stop'> {
  /** Starts trials that wait, and goes on with those that ended early, as there is room; all of them by default. */
  launch(keys?: readonly string[]): void
  /** Stops trials, each with a checkpoint; all of them by default. Resolves when they have ended. */
  stop(keys?: readonly string[]): Promise<void>
  /** Takes no more orders, stops what runs and draws the last state. */
  close(): Promise<void>
  /** When it was closed. @throws what kept the study from running */
  readonly done: Promise<void>
}

export interface SteerOptions extends StudyOptions, Pick<RunStudyOptions, 'gpus' | 'command'> {
  /** Where trials run; by default this machine. */
  executor?: Executor
  /** Of the study's scale; by default where studies are kept. */
  folder?: string
}

/** Milliseconds between two looks at the trials' files. */
const pace = 500

/**
 * Shows a study and runs what is asked for in its view: nothing starts by itself. What is stopped keeps its checkpoint and
 * goes on from there; so it does after the notebook's kernel has ended, in this view or with `adt study run`.
 *
 *     const study = adt.steerStudy(adt.findStudy('sweep-lambda-k', 'emoji'))
 * @param of a study, or the folder of one that was run before
 * @throws Error naming the file that is missing or is no study's
 */
export function steerStudy(of: Study | string, options: SteerOptions = {}): SteeredStudy {
  const study = typeof of === 'string' ? readStudy(of) : of
  const folder = options.folder ?? (typeof of === 'string' ? dirname(resolve(of)) : scaleFolder(study.scale))
  const { executor = localExecutor(), title, axes, gpus, command } = options
  const control = randomUUID()
  const live = sweep({
    ...optionsOf(study, folder),
    ...(title !== undefined && { title }),
    ...(axes && { axes }),
    ...(host() && { control }),
  })
  const desk = createDesk()
  const abort = new AbortController()
  const follower = followTrials(study, folder, live)
  const known = trialsOf(study).map(({ key }) => key)
  const timer = setInterval(() => void follower.look(), pace)
  const [starts, ends] = [createWaits(), createWaits()]
  const running = new Set<string>()

  const stop = async (keys: readonly string[]) => {
    const ended = ends.of(keys.filter(key => running.has(key)))
    desk.ask('stop', keys)
    await ended
  }
  const orders = takeOrders(control, async (action, rows) => {
    const keys = [...new Set(rows.map(trialOfRow))]
    const unknown = keys.find(key => !known.includes(key))
    if (unknown) throw new Error(`This study has no trial ${unknown}.`)
    if (action !== 'stop') {
      const room = (await executor.slots()) - running.size
      const begun = starts.of(keys)
      desk.ask('start', keys)
      if (room < keys.length) return `${trialsText(keys)} queued: ${roomText(room)}.`
      await begun
      return `${trialsText(keys)} started.`
    }
    if (!keys.some(key => running.has(key))) {
      throw new Error(`${trialsText(keys)} run by another process, a terminal or a cluster, say: stop it there.`)
    }
    await stop(keys)
    return `${trialsText(keys)} stopped; what was computed is kept, and can be gone on with.`
  })
  const run = async () => {
    const events = runStudy(study, {
      ...{ executor, folder, desk, signal: abort.signal },
      ...(gpus !== undefined && { gpus }),
      ...(command && { command }),
    })
    let why: string | undefined
    try {
      for await (const event of events) {
        if (event.kind === 'started') {
          running.add(event.key)
          follower.set(event.key, 'running')
          starts.tell(event.key)
        } else if (event.kind === 'ended') {
          running.delete(event.key)
          follower.set(event.key, undefined)
          ends.tell(event.key)
        }
        if (event.kind !== 'plan') follower.look()
      }
    } catch (error) {
      why = `The study ended: ${(error as Error).message}`
      throw error
    } finally {
      clearInterval(timer)
      orders.close(why)
      await executor.close()
      follower.look()
      live.set({ control: undefined })
      live.stop()
    }
  }
  const done = run()
  // Whoever awaits it hears of it; others see it in the view.
  done.catch(() => {})
  return {
    view: live.view,
    [display]: live[display],
    launch: (keys = known) => desk.ask('start', keys),
    stop: (keys = known) => stop(keys),
    async close() {
      desk.close()
      abort.abort()
      await done
    },
    done,
  }
}

/** A sweep's row is a trial as one of the study's arms: its key begins with the trial's. */
const trialOfRow = (key: string) => key.split(' ')[0]!
const trialsText = (keys: readonly string[]) => (keys.length === 1 ? 'The trial is' : `${keys.length} trials are`)

function roomText(room: number): string {
  if (room <= 0) return 'each starts when another has ended'
  return `there is room for ${room}, the others start as those end`
}

/** Who waits for the starts, or the ends, of trials. */
function createWaits() {
  const waiting = new Map<string, (() => void)[]>()
  return {
    async of(keys: readonly string[]): Promise<void> {
      const told = keys.map(key => new Promise<void>(tell => waiting.set(key, [...(waiting.get(key) ?? []), tell])))
      await Promise.all(told)
    },
    tell(key: string) {
      for (const tell of waiting.get(key) ?? []) tell()
      waiting.delete(key)
    },
  }
}
