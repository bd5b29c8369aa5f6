/** A study's rule of early stopping, as its files remember it. */

import { type Arrival, openArrivals, type Pardon } from './arrivals.js'
import { type Asha, createAsha, type Rung, type StopReason } from './asha.js'
import type { MetricLine } from './executor.js'
import { armsOf, type Study, type Trial } from './study.js'

export interface Stopper {
  /** @returns why the trial is to be stopped; undefined when it goes on */
  report(key: string, line: MetricLine): StopReason | undefined
  /** Why a trial was, or is to be, stopped, by what any process that runs the study has seen. */
  reasonOf(key: string): StopReason | undefined
  /** From now on the trial goes on, whatever it reports, here and wherever the study runs: somebody wants it to. */
  pardon(key: string): void
}

/**
 * The study's rule. Arrivals and pardons are kept in their order in `arrivals.jsonl`, and what is decided follows from that
 * file alone: a study that goes on decides as if it had never been away, and two processes that run one study decide alike.
 */
export function createStopper(study: Study, folder: string, trials: readonly Trial[]): Stopper {
  const { stopping, metric } = study
  if (stopping.kind === 'none') return { report: () => undefined, reasonOf: () => undefined, pardon: () => {} }
  const reasons = new Map<string, StopReason>()
  const pardoned = new Set<string>()
  const lengths = new Map(trials.map(({ key, settings }) => [key, settings.iterations]))
  const asha = ruleOf(study, [...lengths.values()])!
  const known = new Set<string>()
  const arrivals = openArrivals(study, folder)
  const judge = (lines: readonly (Arrival | Pardon)[]) => {
    for (const line of lines) {
      if ('pardoned' in line) {
        pardoned.add(line.key)
        reasons.delete(line.key)
        continue
      }
      known.add(`${line.key} ${line.iteration}`)
      const reason = asha.report(line.key, line.iteration, line.value)
      if (reason && !pardoned.has(line.key)) reasons.set(line.key, reason)
    }
  }
  judge(arrivals.take())
  return {
    report(key, line) {
      if (line.kind !== 'evaluation') return undefined
      const iteration = line.iteration as number
      // At its last iteration there is nothing left to save.
      if (iteration >= (lengths.get(key) ?? 0)) return undefined
      // An iteration's first evaluation is the main one; the others come after the last iteration.
      if (known.has(`${key} ${iteration}`)) return undefined
      // Should another process have had it too, the rule takes the first.
      judge(arrivals.add({ key, iteration, value: line[metric.name] as number }))
      return reasons.get(key)
    },
    reasonOf(key) {
      judge(arrivals.take())
      return reasons.get(key)
    },
    pardon(key) {
      judge(arrivals.take())
      if (!pardoned.has(key)) judge(arrivals.add({ key, pardoned: true }))
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
  for (const line of openArrivals(study, folder).take()) {
    if (!('pardoned' in line)) asha.report(line.key, line.iteration, line.value)
  }
  return asha.rungs()
}

/** @param lengths of the study's trials, in iterations */
function ruleOf({ stopping, metric }: Study, lengths: readonly number[]): Asha | undefined {
  if (stopping.kind === 'none') return undefined
  const min = Math.max(1, Math.round(stopping.first * Math.max(...lengths)))
  return createAsha({ min, factor: stopping.factor, better: metric.better })
}
