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
 * The study's rule. Arrivals are kept in their order in `arrivals.jsonl`, and what is decided follows from that file alone: a
 * study that goes on decides as if it had never been away, and two processes that run one study decide alike.
 */
export function createStopper(study: Study, folder: string, trials: readonly Trial[]): Stopper {
  const { stopping, metric } = study
  if (stopping.kind === 'none') return { report: () => undefined, reasonOf: () => undefined, pardon: () => {} }
  const reasons = new Map<string, StopReason>()
  const pardoned = new Set<string>()
  const lengths = new Map(trials.map(({ key, settings }) => [key, settings.iterations]))
  const asha = ruleOf(study, [...lengths.values()])!
  const known = new Set<string>()
  let taken = 0
  /** What has arrived since, here or in another process. */
  const takeArrivals = () => {
    const arrivals = readArrivals(study, folder)
    for (const { key, iteration, value } of arrivals.slice(taken)) {
      known.add(`${key} ${iteration}`)
      const reason = asha.report(key, iteration, value)
      if (reason && !pardoned.has(key)) reasons.set(key, reason)
    }
    taken = arrivals.length
  }
  takeArrivals()
  return {
    report(key, line) {
      if (line.kind !== 'evaluation') return undefined
      const iteration = line.iteration as number
      // At its last iteration there is nothing left to save.
      if (iteration >= (lengths.get(key) ?? 0)) return undefined
      takeArrivals()
      // An iteration's first evaluation is the main one; the others come after the last iteration.
      if (known.has(`${key} ${iteration}`)) return undefined
      const arrival = { key, iteration, value: line[metric.name] as number }
      keepArrival(study, folder, arrival)
      takeArrivals()
      return reasons.get(key)
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

/** Whole lines alone: the last may be cut short by a crash, and stays so. */
function readArrivals(study: Study, folder: string): Arrival[] {
  const lines = textOf(study, folder).split('\n')
  return lines.filter(line => line.endsWith('}')).map(line => JSON.parse(line) as Arrival)
}

function keepArrival(study: Study, folder: string, arrival: Arrival): void {
  const text = textOf(study, folder)
  const isCut = text !== '' && !text.endsWith('\n')
  appendFileSync(arrivalsFile(study, folder), `${isCut ? '\n' : ''}${JSON.stringify(arrival)}\n`)
}

function textOf(study: Study, folder: string): string {
  const file = arrivalsFile(study, folder)
  return existsSync(file) ? readFileSync(file, 'utf8') : ''
}
