/** A study's folder as a sweep: as it is stored, or followed while its trials run, wherever they run. */

import { statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import {
  type Arm,
  findStored,
  readMetrics,
  readStored,
  readStudy,
  readTrials,
  type StoredTrial,
  type Study,
  settles,
  stateOf,
  type Trial,
  trialFolder,
  trialsOf,
} from '../experiments/index.js'
import type { SweepOptions, SweepRow, SweepView } from '../views/index.js'
import type { Displayable } from './host.js'
import { type Sweep, sweep, sweepView } from './sweep.js'

type StudyOptions = Partial<Pick<SweepOptions, 'title' | 'axes'>>

/**
 * The sweep that a study's folder holds (`notebooks/studies/emoji/sweep-k`, as `adt study run` leaves it): trials that are
 * done, under way and missing.
 * @throws Error naming the file that is missing or is no study's
 */
export function openStudy(folder: string, options: StudyOptions = {}): SweepView & Displayable {
  const study = readStudy(folder)
  const stored = readTrials(dirname(resolve(folder)))
  const rows = trialsOf(study).flatMap(trial => rowsOf(study, trial, answerOf(study, findStored(stored, trial))))
  return sweepView(rows, { ...optionsOf(study), ...options })
}

/** A study's folder that is being looked at. */
export interface WatchedStudy extends Sweep {
  /** When every trial has ended, or `stop` was called. */
  readonly done: Promise<void>
}

/** Milliseconds between two looks at the folder. */
const pace = 500

/**
 * Follows a study while this notebook, a terminal or a cluster runs it; the view ends with the last trial or with `stop`.
 *
 *     const watched = adt.watchStudy('notebooks/studies/emoji/sweep-k')
 *     await watched.done
 * @throws Error naming the file that is missing or is no study's
 */
export function watchStudy(folder: string, options: StudyOptions = {}): WatchedStudy {
  const study = readStudy(folder)
  const parent = dirname(resolve(folder))
  const live = sweep({ ...optionsOf(study), ...options })
  const trials = trialsOf(study)
  const stored = readTrials(parent)
  const found = new Map(trials.map(trial => [trial, answerOf(study, findStored(stored, trial))]))
  live.show(...trials.flatMap(trial => rowsOf(study, trial, found.get(trial))))

  const open = new Map(trials.filter(trial => !found.get(trial)?.result).map(trial => [trial, '']))
  let end = () => {}
  const done = new Promise<void>(resolve => {
    end = resolve
  })
  const stop = () => {
    clearInterval(timer)
    live.stop()
    end()
  }
  const look = () => {
    for (const [trial, before] of open) {
      const own = trialFolder(parent, trial.key)
      const now = traceOf(own)
      if (now === before) continue
      open.set(trial, now)
      const stored = now.startsWith('-') ? undefined : answerOf(study, readStored(own))
      live.show(...rowsOf(study, trial, stored))
      if (stored?.result) open.delete(trial)
    }
    if (open.size === 0) stop()
  }
  const timer = setInterval(look, pace)
  look()
  return { ...live, stop, done }
}

/** Changes whenever a trial's files say something new; begins with `-` while it has none. */
function traceOf(folder: string): string {
  return ['trial.json', 'metrics.jsonl', 'result.json', 'lock']
    .map(name => statSync(join(folder, name), { throwIfNoEntry: false }))
    .map((found, i) => (found ? (i === 3 ? 'locked' : `${found.size} ${found.mtimeMs}`) : '-'))
    .join(', ')
}

/** A trial as the study takes it: what another study's rule stopped early has not ended for one without such a rule. */
function answerOf(study: Study, stored: StoredTrial | undefined): StoredTrial | undefined {
  if (!stored?.result || settles(study, stored.result)) return stored
  const { folder, trial } = stored
  return { folder, trial }
}

/** A row for each of the study's arms that a trial answers; mostly one. */
function rowsOf(study: Study, trial: Trial, stored: StoredTrial | undefined): SweepRow[] {
  const lines = stored ? readMetrics(stored.folder) : []
  const last = lines.findLast(({ iteration }) => typeof iteration === 'number')
  const { stopped, message, iterations } = stored?.result ?? {}
  const iteration = iterations ?? (last?.iteration as number | undefined)
  return trial.arms.map(arm => ({
    key: [trial.key, arm.method, JSON.stringify(arm.at)].join(' '),
    method: arm.label,
    settings: settingsOf(arm),
    seed: trial.seed,
    state: stateOf(stored),
    total: trial.settings.iterations,
    ...(iteration !== undefined && { iteration }),
    ...measured(study, arm, lines, stored),
    ...(stopped && { stopped }),
    ...(message && { message }),
  }))
}

/** The study's metric at the evaluation that the arm is shown at, over iterations and at the end. */
function measured(
  { metric }: Study,
  { evaluations: [evaluation] }: Arm,
  lines: ReturnType<typeof readMetrics>,
  stored: StoredTrial | undefined,
): Pick<SweepRow, 'value' | 'curve'> {
  const points = lines.filter(({ kind, name }) => kind === 'evaluation' && name === evaluation)
  const value = stored?.result?.metrics?.[evaluation!]?.[metric.name]
  return {
    ...(value !== undefined && { value }),
    ...(points.length > 0 && {
      curve: {
        iteration: points.map(({ iteration }) => iteration as number),
        value: points.map(point => point[metric.name] as number),
      },
    }),
  }
}

function settingsOf({ at }: Arm): SweepRow['settings'] {
  return Object.fromEntries(
    Object.entries(at).map(([name, value]) => {
      const plain = value === null || ['string', 'number', 'boolean'].includes(typeof value)
      return [name, plain ? (value as string | number | boolean | null) : JSON.stringify(value)]
    }),
  )
}

function optionsOf({ title, metric }: Study): SweepOptions {
  return { title, metric }
}
