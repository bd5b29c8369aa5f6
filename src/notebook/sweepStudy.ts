/** A study's folder as a sweep: as it is stored, or followed while its trials run, wherever they run. */

import { dirname, resolve } from 'node:path'
import { findStored, readStudy, readTrials, trialsOf } from '../experiments/index.js'
import type { SweepOptions, SweepView } from '../views/index.js'
import { followTrials } from './followTrials.js'

import type { Displayable } from './host.js'
import { answerOf, optionsOf, rowsOf } from './studyRows.js'
import { type Sweep, sweep, sweepView } from './sweep.js'

/** What of a study's view may be chosen. */
export type StudyOptions = Partial<Pick<SweepOptions, 'title' | 'axes'>>

/**
 * The sweep that a study's folder holds (`notebooks/studies/emoji/sweep-k`, as `adt study run` leaves it): trials that are
 * done, under way and missing.
 * @throws Error naming the file that is missing or is no study's
 */
export function openStudy(folder: string, options: StudyOptions = {}): SweepView & Displayable {
  const study = readStudy(folder)
  const stored = readTrials(dirname(resolve(folder)))
  const rows = trialsOf(study).flatMap(trial => rowsOf(study, trial, answerOf(study, findStored(stored, trial))))
  return sweepView(rows, { ...optionsOf(study, dirname(resolve(folder))), ...options })
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
  const live = sweep({ ...optionsOf(study, parent), ...options })
  const follower = followTrials(study, parent, live)
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
    if (follower.look()) stop()
  }
  const timer = setInterval(look, pace)
  look()
  return { ...live, stop, done }
}
