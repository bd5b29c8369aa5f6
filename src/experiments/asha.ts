/**
 * Asynchronous successive halving (Li et al. 2020): at rungs min·factor^k a trial goes on only while it is among the best
 * 1/factor of what its rung has seen so far. What is decided depends on the arrivals and their order alone.
 */

export interface AshaSettings {
  /** The first rung, in iterations; a rung between two iterations is reached with the second. */
  min: number
  factor: number
  better: 'lower' | 'higher'
}

/** Why a trial was stopped. */
export interface StopReason {
  rung: number
  value: number
  /** What it would have had to reach. */
  cutoff: number
  /** Trials that had been at this rung before. */
  seen: number
}

export interface Asha {
  /**
   * A trial's value at an iteration. A rung that it passed without a value is taken with the first value after it.
   * @returns why the trial is to be stopped; undefined when it goes on
   */
  report(trial: string, iteration: number, value: number): StopReason | undefined
  /** What the next trial would have to reach at each rung that trials have been at. */
  rungs(): Rung[]
}

export interface Rung {
  iteration: number
  cutoff: number
  /** Trials that have been there. */
  seen: number
}

/** Of an iteration and a rung that differ by rounding alone. */
const tolerance = 1e-9

/** @throws RangeError when the first rung or the factor makes no rungs */
export function createAsha({ min, factor, better }: AshaSettings): Asha {
  if (!(min >= 1 && factor > 1))
    throw new RangeError(`asha: min ${min} must be at least 1 and factor ${factor} above 1`)
  const sign = better === 'lower' ? 1 : -1
  const rungs: { seen: number[] }[] = []
  const passed = new Map<string, number>()
  const iterationOf = (rung: number) => Math.ceil(min * factor ** rung * (1 - tolerance))
  return {
    report(trial, iteration, value) {
      // The highest rung reached that the trial has not been judged at; those below it are passed over.
      const rung = Math.floor(Math.log(iteration / min) / Math.log(factor) + tolerance)
      if (rung < 0 || rung <= (passed.get(trial) ?? -1)) return undefined
      passed.set(trial, rung)
      while (rungs.length <= rung) rungs.push({ seen: [] })
      const { seen } = rungs[rung]!
      const count = seen.length
      const cutoff = sign * quantile(seen, 1 / factor)
      seen.push(sign * value)
      // Nothing to be compared with; and what is no number is worse than any.
      if (Number.isNaN(cutoff) || sign * value <= sign * cutoff) return undefined
      return { rung: iterationOf(rung), value, cutoff, seen: count }
    },
    rungs: () =>
      rungs
        .map(({ seen }, rung) => ({
          iteration: iterationOf(rung),
          cutoff: sign * quantile(seen, 1 / factor),
          seen: seen.length,
        }))
        .filter(({ cutoff }) => !Number.isNaN(cutoff)),
  }
}

/** Linear between the values next to it; not a number when there are none. */
function quantile(values: readonly number[], share: number): number {
  const sorted = values.filter(value => !Number.isNaN(value)).sort((a, b) => a - b)
  if (sorted.length === 0) return Number.NaN
  const at = share * (sorted.length - 1)
  const below = sorted[Math.floor(at)]!
  return below + (at - Math.floor(at)) * (sorted[Math.ceil(at)]! - below)
}
