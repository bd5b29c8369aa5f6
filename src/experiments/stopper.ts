/** A study's rule of early stopping, as its files remember it. */

import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Asha, createAsha, type Rung, type StopReason } from './asha.js'
import type { MetricLine } from './executor.js'
import { armsOf, type Study, type Trial } from './study.js'

export interface Stopper {
  /** @returns why the trial is to be stopped; undefined when it goes on */
  report(key: string, line: MetricLine): StopReason | undefined
  reasonOf(key: string): StopReason | undefined
  /** From now on the trial goes on, whatever it reports: somebody wants it to. */
  pardon(key: string): void
}

interface Arrival {
  key: string
  iteration: number
  value: number
}

/**
 * The study's rule. Arrivals are kept in their order in `arrivals.jsonl`, so that a study that goes on decides as if it had
 * never been away.
 */
export function createStopper(study: Study, folder: string, trials: readonly Trial[]): Stopper {
  const { stopping, metric } = study
  if (stopping.kind === 'none') return { report: () => undefined, reasonOf: () => undefined, pardon: () => {} }
  const reasons = new Map<string, StopReason>()
  const pardoned = new Set<string>()
  const lengths = new Map(trials.map(({ key, settings }) => [key, settings.iterations]))
  const asha = ruleOf(study, [...lengths.values()])!
  const known = new Set<string>()
  const take = ({ key, iteration, value }: Arrival) => {
    known.add(`${key} ${iteration}`)
    const reason = asha.report(key, iteration, value)
    if (!reason || pardoned.has(key)) return undefined
    reasons.set(key, reason)
    return reason
  }
  for (const arrival of readArrivals(study, folder)) take(arrival)
  return {
    report(key, line) {
      if (line.kind !== 'evaluation') return undefined
      const iteration = line.iteration as number
      // At its last iteration there is nothing left to save.
      if (iteration >= (lengths.get(key) ?? 0)) return undefined
      // An iteration's first evaluation is the main one; the others come after the last iteration.
      if (known.has(`${key} ${iteration}`)) return undefined
      const arrival = { key, iteration, value: line[metric.name] as number }
      appendFileSync(arrivalsFile(study, folder), `${JSON.stringify(arrival)}\n`)
      return take(arrival)
    },
    reasonOf: key => reasons.get(key),
    pardon(key) {
      pardoned.add(key)
      reasons.delete(key)
    },
  }
}

/** What a trial would now have to reach at each rung of a stored study; none where it has no rule. */
export function readRungs(study: Study, folder: string): Rung[] {
  const asha = ruleOf(
    study,
    armsOf(study).map(({ settings }) => settings.iterations),
  )
  if (!asha) return []
  for (const { key, iteration, value } of readArrivals(study, folder)) asha.report(key, iteration, value)
  return asha.rungs()
}

/** @param lengths of the study's trials, in iterations */
function ruleOf({ stopping, metric }: Study, lengths: readonly number[]): Asha | undefined {
  if (stopping.kind === 'none') return undefined
  const min = Math.max(1, Math.round(stopping.first * Math.max(...lengths)))
  return createAsha({ min, factor: stopping.factor, better: metric.better })
}

const arrivalsFile = ({ name }: Study, folder: string) => join(folder, name, 'arrivals.jsonl')

function readArrivals(study: Study, folder: string): Arrival[] {
  const file = arrivalsFile(study, folder)
  if (!existsSync(file)) return []
  const lines = readFileSync(file, 'utf8').split('\n')
  // A line that a crash cut short has no end.
  return lines.filter(line => line.endsWith('}')).map(line => JSON.parse(line) as Arrival)
}
