/** Trials as if they had run: their files with figures that a test chooses. */
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writeFileAtomic } from '../../src/data/index.js'
import {
  createTrial,
  type Figures,
  type Study,
  type Trial,
  type TrialResult,
  trialsOf,
} from '../../src/experiments/index.js'
import { writeResult } from '../../src/experiments/trialFolder.js'

export const newFolder = () => mkdtempSync(join(tmpdir(), 'adt-stored-'))

export const figures = (fd: number): Figures => ({ fd, text: 30 - fd, nearness: 1 / fd })

/** Stores a result for each trial of a study that `resultOf` has one for. */
export function store(
  folder: string,
  study: Study,
  resultOf: (trial: Trial) => Partial<TrialResult> | undefined,
): void {
  trialsOf(study).forEach((trial, index) => {
    const result = resultOf(trial)
    if (!result) return
    const own = createTrial(folder, study, trial)
    const ended = new Date(Date.UTC(2026, 0, 1, 0, index)).toISOString()
    writeResult(own, { state: 'finished', ended, iterations: 4, seconds: 30, ...result })
  })
}

/** Writes a trial's metrics. */
export function storeMetrics(folder: string, key: string, lines: Record<string, unknown>[]): void {
  const text = lines.map((line, sequence) => `${JSON.stringify({ sequence, ...line })}\n`).join('')
  writeFileAtomic(join(folder, 'trials', key, 'metrics.jsonl'), text)
}
