/** Where studies keep their files: a folder for each scale, whose trials all its studies share. */

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { packageRoot, writeFileAtomic } from '../data/files.js'
import { isLocked } from './lock.js'
import { parseStudy, type Study, type Trial } from './study.js'
import { readResult, readTrial, type TrialFile, type TrialResult, writeTrial } from './trialFolder.js'

/** A trial's folder as it is now. */
export interface StoredTrial {
  folder: string
  trial: TrialFile
  result?: TrialResult
}

/** Where the studies of a scale are, below a root: the repository's own, or ADT_STUDIES. */
export function scaleFolder(scale: string, root = process.env.ADT_STUDIES): string {
  return resolve(root ?? join(packageRoot(), 'notebooks', 'studies'), scale)
}

export function trialFolder(scaleFolder: string, key: string): string {
  return join(scaleFolder, 'trials', key)
}

/** A study's own file, beside its Optuna journal. */
export function writeStudy(folder: string, study: Study): void {
  const file = join(folder, study.name, 'study.json')
  writeFileAtomic(file, `${JSON.stringify(study, null, 2)}\n`)
}

/**
 * The study in a folder that a run left.
 * @throws Error naming the file, when it is missing or no study's
 */
export function readStudy(folder: string): Study {
  const file = join(folder, 'study.json')
  let study: unknown
  try {
    study = JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    throw new Error(`${file}: cannot be read (${(error as Error).message}); a study's folder holds one`, {
      cause: error,
    })
  }
  return parseStudy(study)
}

/** Makes a trial's folder, unless it is there. */
export function createTrial(folder: string, study: Study, trial: Trial): string {
  const own = trialFolder(folder, trial.key)
  if (existsSync(join(own, 'trial.json'))) return own
  const { key, question, figuresVersion, settings, arms } = trial
  writeTrial(own, { version: 1, key, question, figuresVersion, study: study.name, method: arms[0]!.method, settings })
  return own
}

/** All trials of a scale that have been started, in the order of their keys. */
export function readTrials(folder: string): StoredTrial[] {
  const parent = join(folder, 'trials')
  if (!existsSync(parent)) return []
  return readdirSync(parent)
    .sort()
    .map(name => join(parent, name))
    .filter(own => existsSync(join(own, 'trial.json')))
    .map(own => readStored(own))
}

export function readStored(folder: string): StoredTrial {
  const result = readResult(folder)
  return { folder, trial: readTrial(folder), ...(result && { result }) }
}

/**
 * The stored trial that answers: with figures of this code's version, or else the finished one of another that ended last,
 * which is shown as such, but not taken for done.
 */
export function findStored(stored: readonly StoredTrial[], trial: Trial): StoredTrial | undefined {
  const same = stored.filter(({ trial: { question } }) => question === trial.question)
  const exact = same.find(({ trial: { key } }) => key === trial.key)
  if (exact?.result) return exact
  const finished = same.filter(({ result }) => result?.state === 'finished')
  return finished.sort((a, b) => (a.result!.ended < b.result!.ended ? 1 : -1))[0] ?? exact
}

/** Whether a result is an answer to a study: what another study's rule stopped early is not, where there is no such rule. */
export function settles({ stopping }: Study, result: TrialResult | undefined): boolean {
  return result !== undefined && (result.state !== 'stopped' || stopping.kind !== 'none')
}

/** `waiting`: not started; `running`: a process works on it; `interrupted`: started, and nobody does. */
export type StoredState = 'waiting' | 'running' | 'interrupted' | TrialResult['state']

export function stateOf(stored: StoredTrial | undefined): StoredState {
  if (!stored) return 'waiting'
  if (stored.result) return stored.result.state
  if (isLocked(stored.folder)) return 'running'
  return existsSync(join(stored.folder, 'metrics.jsonl')) ? 'interrupted' : 'waiting'
}
