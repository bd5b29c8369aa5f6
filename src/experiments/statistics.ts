/** Figures over seeds. */

import { mean, sampleStandardDeviation } from 'simple-statistics'
import { bootstrapInterval } from '../metrics/winRate.js'

/** A figure over seeds. */
export interface Statistic {
  mean: number
  /** Sample standard deviation; null for a single seed. */
  sd: number | null
  /** 95 % bootstrap interval of the mean; null for a single seed. With few seeds it is somewhat too narrow. */
  ci: [number, number] | null
  /** By seed. */
  values: Record<string, number>
}

/** The difference of two methods on the same seeds. */
export interface Difference {
  mean: number
  /** 95 % interval from resampling the seeds' differences. */
  ci: [number, number] | null
  /** Whether the interval leaves zero out; null below five shared seeds, where chance alone does that too often. */
  significant: boolean | null
  seeds: number
}

const fewestSeeds = 5

/** @param values by seed, at least one */
export function statistic(values: Record<string, number>): Statistic {
  const all = Object.values(values)
  const several = all.length > 1
  return {
    mean: mean(all),
    sd: several ? sampleStandardDeviation(all) : null,
    ci: several ? interval(all) : null,
    values,
  }
}

/** a − b over the seeds that both have; undefined where there are none. */
export function pairedDifference(a: Record<string, number>, b: Record<string, number>): Difference | undefined {
  const differences = Object.entries(a).flatMap(([seed, value]) => (b[seed] === undefined ? [] : [value - b[seed]]))
  if (differences.length === 0) return undefined
  const ci = differences.length > 1 ? interval(differences) : null
  const judged = ci !== null && differences.length >= fewestSeeds
  return {
    mean: mean(differences),
    ci,
    significant: judged ? ci[0] > 0 || ci[1] < 0 : null,
    seeds: differences.length,
  }
}

function interval(values: number[]): [number, number] {
  const { low, high } = bootstrapInterval(values)
  return [low, high]
}
