/** Runs a study: what is missing, on an executor, with early stopping, and keeps every end in files. */

import type { StopReason } from './asha.js'
import { trialCommand } from './command.js'
import type { Desk } from './desk.js'
import type { Executor, TrialTask } from './executor.js'
import { writeJournal } from './journal.js'
import { missingInputs } from './key.js'
import { isLocked } from './lock.js'
import { type ScheduleEvent, schedule } from './scheduler.js'
import { createStopper } from './stopper.js'
import { createTrial, findStored, readTrials, settles, trialFolder, writeStudy } from './store.js'
import { type Study, type Trial, trialsOf } from './study.js'
import { type Figures, readEvaluations, readMetrics, readResult, removeResult, writeResult } from './trialFolder.js'

export type StudyEvent =
  /** What there is to do: `done` of `total` trials have their result already; `missing` are the others' keys. */
  | { kind: 'plan'; total: number; done: number; trials: Trial[]; missing: string[] }
  /** A trial was stopped early, and why. */
  | { kind: 'pruned'; key: string; reason: StopReason }
  | ScheduleEvent

export interface RunStudyOptions {
  executor: Executor
  /** Of the study's scale. */
  folder: string
  signal?: AbortSignal
  /** Only trials of these methods. */
  only?: readonly string[]
  /** Runs failed trials again. */
  retry?: boolean
  /** Takes finished trials with figures of another version for done. */
  reuse?: boolean
  /** GPUs a trial needs, or a share of one; 0: a core. */
  gpus?: number
  /** How a trial's process is started, given its folder. */
  command?: (folder: string) => string[]
  /** Takes orders: which trials run is then asked for there, and the study goes on until the desk is closed. */
  desk?: Desk
}

/** How many of a study's trials ended how; `missing` are those without a result. */
export type StudySummary = Record<'finished' | 'stopped' | 'failed' | 'missing', number>

/**
 * Runs the trials of a study that have no result yet. Run again after whatever end, it does what is missing.
 * Leaving the loop stops the trials, each with a checkpoint.
 * @throws Error naming the networks and data sets that are not there, before anything is started
 */
export async function* runStudy(study: Study, options: RunStudyOptions): AsyncGenerator<StudyEvent, StudySummary> {
  const {
    executor,
    folder,
    signal,
    only,
    retry = false,
    reuse = false,
    gpus = 0,
    command = trialCommand,
    desk,
  } = options
  const wanted = trialsOf(study).filter(({ arms }) => !only || arms.some(({ method }) => only.includes(method)))
  const folderOf = (key: string) => trialFolder(folder, key)
  const stored = reuse ? readTrials(folder) : []
  const resultOf = (trial: Trial) => readResult(folderOf(trial.key)) ?? findStored(stored, trial)?.result
  const isDone = (trial: Trial) => settles(study, resultOf(trial)) && !(retry && resultOf(trial)?.state === 'failed')

  const lacking = missingInputs(wanted.filter(trial => !isDone(trial)).map(({ settings }) => settings))
  if (lacking.length > 0) throw new Error(`${study.name} cannot be run here:\n${lacking.join('\n')}`)
  writeStudy(folder, study)

  const keys = new Set(wanted.map(({ key }) => key))
  const unfinished = readTrials(folder).filter(({ trial: { key }, result }) => !result && !keys.has(key))
  await executor.stopOrphans?.(unfinished.map(({ folder, trial: { key } }) => ({ key, folder })))

  const stopper = createStopper(study, folder, wanted)
  for (const { key } of wanted) {
    const result = readResult(folderOf(key))
    if (result?.state === 'finished') for (const line of readEvaluations(folderOf(key))) stopper.report(key, line)
    const reason = stopper.reasonOf(key)
    if (reason && !result) keepStop(folderOf(key), reason)
  }
  const missing = wanted.filter(trial => !isDone(trial))
  yield {
    kind: 'plan',
    total: wanted.length,
    done: wanted.length - missing.length,
    trials: wanted,
    missing: missing.map(({ key }) => key),
  }

  const taskOf = (trial: Trial): TrialTask => {
    const own = createTrial(folder, study, trial)
    removeResult(own)
    return { key: trial.key, folder: own, command: command(own), environment: {}, gpus }
  }
  const asked = (key: string) => {
    const trial = wanted.find(trial => trial.key === key)
    const state = trial && resultOf(trial)?.state
    // What has finished is never run again; what the rule stopped, or is just stopping, and somebody wants nevertheless,
    // it stops no more.
    if (!trial || state === 'finished') return undefined
    if (state === 'stopped' || stopper.reasonOf(key)) stopper.pardon(key)
    return taskOf(trial)
  }
  const events = schedule(desk ? [] : missing.map(taskOf), executor, {
    ...(signal && { signal }),
    ...(desk && { orders: { desk, taskOf: asked } }),
    mayStart: task => !isLocked(task.folder),
    shouldStop: (key, line) => stopper.report(key, line) !== undefined,
  })
  for await (const event of events) {
    if (event.kind === 'ended') {
      const reason = stopper.reasonOf(event.key)
      if (reason && !readResult(folderOf(event.key))) {
        keepStop(folderOf(event.key), reason)
        yield { kind: 'pruned', key: event.key, reason }
      }
      writeJournal(folder, study, readTrials(folder))
    }
    yield event
  }
  writeJournal(folder, study, readTrials(folder))
  return summaryOf(wanted.map(trial => resultOf(trial)?.state ?? 'missing'))
}

function summaryOf(states: readonly (keyof StudySummary)[]): StudySummary {
  const summary: StudySummary = { finished: 0, stopped: 0, failed: 0, missing: 0 }
  for (const state of states) summary[state]++
  return summary
}

/** What a trial that was stopped at a rung leaves: the reason, and its figures there. */
function keepStop(folder: string, reason: StopReason): void {
  const last = readMetrics(folder).findLast(({ kind }) => kind === 'evaluation')
  const figures = last && { fd: last.fd, text: last.text, nearness: last.nearness }
  writeResult(folder, {
    state: 'stopped',
    ended: new Date().toISOString(),
    stopped: reason,
    ...(last && { iterations: last.iteration as number, metrics: { [last.name as string]: figures as Figures } }),
  })
}
