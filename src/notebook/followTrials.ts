/** Follows a study's trials in their files, whoever runs them. */

import { statSync } from 'node:fs'
import { join } from 'node:path'
import {
  findStored,
  readStored,
  readTrials,
  type Study,
  type Trial,
  trialFolder,
  trialsOf,
} from '../experiments/index.js'
import type { SweepRow } from '../views/index.js'
import { answerOf, optionsOf, rowsOf } from './studyRows.js'
import type { Sweep } from './sweep.js'

export interface Follower {
  /** Shows what is new in the files. @returns whether every trial has ended */
  look(): boolean
  /** From now on a trial's state is this, whatever its files say; undefined: what they say. */
  set(key: string, state: SweepRow['state'] | undefined): void
}

/**
 * Shows all trials now, and those with news at each look.
 * @param parent the folder of the study's scale
 */
export function followTrials(study: Study, parent: string, live: Pick<Sweep, 'show' | 'set'>): Follower {
  const trials = trialsOf(study)
  const stored = readTrials(parent)
  const known = new Map<string, SweepRow['state']>()
  const traces = new Map<string, string>()
  const ended = new Set<string>()

  const rows = trials.flatMap(trial => {
    const answer = answerOf(study, findStored(stored, trial))
    // What has ended, of this code or another, is not looked at again.
    if (answer?.result) ended.add(trial.key)
    else traces.set(trial.key, '')
    return rowsOf(study, trial, answer)
  })
  live.show(...rows)
  const refresh = (trial: Trial, now: string) => {
    const own = now.startsWith('-') ? undefined : answerOf(study, readStored(trialFolder(parent, trial.key)))
    live.show(...rowsOf(study, trial, own, known.get(trial.key)))
    if (own?.result && !known.has(trial.key)) {
      ended.add(trial.key)
      traces.delete(trial.key)
    }
  }
  return {
    look() {
      let news = false
      for (const trial of trials) {
        const before = traces.get(trial.key)
        if (before === undefined) continue
        const now = traceOf(trialFolder(parent, trial.key))
        if (now === before) continue
        traces.set(trial.key, now)
        refresh(trial, now)
        news = true
      }
      if (news) live.set(optionsOf(study, parent))
      return ended.size === trials.length
    },
    set(key, state) {
      if (state) known.set(key, state)
      else known.delete(key)
      ended.delete(key)
      traces.set(key, 'changed')
    },
  }
}

/** Changes whenever a trial's files say something new; begins with `-` while it has none. */
function traceOf(folder: string): string {
  return ['trial.json', 'metrics.jsonl', 'result.json', 'lock']
    .map(name => statSync(join(folder, name), { throwIfNoEntry: false }))
    .map((found, i) => (found ? (i === 3 ? 'locked' : `${found.size} ${found.mtimeMs}`) : '-'))
    .join(', ')
}
