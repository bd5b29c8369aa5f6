import { readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { writeFileAtomic } from '../data/index.js'
import type { Control, Ending, TuneEvent } from '../tuning/index.js'
import { controlFile, heartbeat, type RunState, requestSchema, runFilesVersion, statusFile } from '../views/runFiles.js'

/** A run that is steered by the files in its folder: see `src/views/runFiles.ts`. */
export interface Steering {
  /** Takes an event of the run in. The first one, `start`, brings the control. */
  show(event: TuneEvent): void
  /** Writes how the run ended. Must be called: it also ends the watching. */
  close(ending: Ending): void
}

/** Milliseconds between two looks at the control file. */
const pace = 200

export function openSteering(folder: string): Steering {
  const requests = join(folder, controlFile)
  let control: Control | undefined
  let state: Omit<RunState, 'version' | 'time'> | undefined
  let seen = ''
  let written = 0
  let timer: NodeJS.Timeout | undefined

  const write = () => {
    if (!state) return
    written = performance.now()
    const whole: RunState = { version: runFilesVersion, ...state, time: new Date().toISOString() }
    try {
      writeFileAtomic(join(folder, statusFile), `${JSON.stringify(whole, null, 2)}\n`)
    } catch {
      // A full disk ends the run where it keeps its metrics; for want of a status alone it need not end.
    }
  }
  const update = (news: Partial<RunState>) => {
    if (!state) return
    state = { ...state, ...news }
    write()
  }
  const look = () => {
    const trace = traceOf(requests)
    if (trace !== seen) {
      seen = trace
      const answered = trace && answer(requests, control!)
      if (answered) update({ answered })
    }
    if (performance.now() - written > heartbeat * 1000) write()
  }

  return {
    show(event) {
      if (event.kind === 'start') {
        control = event.control
        // What was asked of an earlier process of this run.
        rmSync(requests, { force: true })
        state = { status: 'running', iteration: event.iteration - 1, total: event.total, controls: control.values }
        write()
        // The timer also keeps a paused process alive.
        timer = setInterval(look, pace)
      } else if (event.kind === 'step' && state) state = { ...state, iteration: event.iteration }
      else if (event.kind === 'change') update({ controls: control!.values })
      else if (event.kind === 'paused') update({ status: 'paused' })
      else if (event.kind === 'resumed') update({ status: 'running' })
    },
    close(ending) {
      clearInterval(timer)
      update(ending)
    },
  }
}

function answer(file: string, control: Control): RunState['answered'] {
  let id = 'unknown'
  try {
    const request: unknown = JSON.parse(readFileSync(file, 'utf8'))
    id = String((request as { id?: unknown } | null)?.id).slice(0, 500)
    const parsed = requestSchema.safeParse(request)
    if (!parsed.success) throw new RangeError(parsed.error.issues[0]!.message)
    control.act(parsed.data.action)
    return { id }
  } catch (error) {
    return { id, problem: (error as Error).message.slice(0, 2000) }
  }
}

/** Changes with the file; empty while there is none. */
function traceOf(file: string): string {
  const found = statSync(file, { throwIfNoEntry: false })
  return found ? `${found.size} ${found.mtimeMs} ${found.ino}` : ''
}
