import { quantileSorted } from 'simple-statistics'

export interface WinRateOptions {
  /** a difference up to this much, inclusive, is a tie; default 0 */
  threshold?: number
  /** bootstrap samples for the interval; default 2000 */
  resamples?: number
  /** share of the bootstrap distribution inside the interval; default 0.95 */
  confidence?: number
  /** of the bootstrap; the same seed gives the same interval; default 0 */
  seed?: number
}

export interface WinRate {
  /** shares of items, which add up to 1 */
  win: number
  tie: number
  loss: number
  /** bootstrap percentile interval of win + tie/2, the share at which neither is better being ½ */
  interval: { low: number; high: number }
}

/**
 * How often `a` scores higher than `b` on the same item (prompt), with ties counted apart.
 * @throws RangeError when the lists are empty or differ in length, or hold NaN
 */
export function winRate(a: ArrayLike<number>, b: ArrayLike<number>, options: WinRateOptions = {}): WinRate {
  const { threshold = 0, resamples = 2000, confidence = 0.95, seed = 0 } = options
  if (a.length !== b.length || a.length === 0) {
    throw new RangeError(`win rate: needs as many scores in both lists, got ${a.length} and ${b.length}`)
  }
  // 1 a win, ½ a tie, 0 a loss: their mean is win + tie/2.
  const outcomes = Array.from(a, (score, i) => {
    const difference = score - b[i]!
    if (Number.isNaN(difference)) throw new RangeError(`win rate: the scores of item ${i} are not comparable`)
    return difference > threshold ? 1 : -difference > threshold ? 0 : 0.5
  })
  const share = (outcome: number) => outcomes.filter(o => o === outcome).length / outcomes.length
  return {
    win: share(1),
    tie: share(0.5),
    loss: share(0),
    interval: bootstrapInterval(outcomes, { resamples, confidence, seed }),
  }
}

/** Percentile interval of the mean of some values, from seeded resampling with replacement. */
export function bootstrapInterval(
  values: number[],
  { resamples = 2000, confidence = 0.95, seed = 0 }: { resamples?: number; confidence?: number; seed?: number } = {},
): { low: number; high: number } {
  const random = seededRandom(seed)
  const means: number[] = []
  for (let i = 0; i < resamples; i++) {
    let sum = 0
    for (let k = 0; k < values.length; k++) sum += values[Math.floor(random() * values.length)]!
    means.push(sum / values.length)
  }
  means.sort((x, y) => x - y)
  const tail = (1 - confidence) / 2
  return { low: quantileSorted(means, tail), high: quantileSorted(means, 1 - tail) }
}

/** A Weyl sequence through a 32-bit mixer: enough for resampling, the same on every machine. */
function seededRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x9e3779b9) >>> 0
    let x = state
    x = Math.imul(x ^ (x >>> 16), 0x21f0aaad)
    x = Math.imul(x ^ (x >>> 15), 0x735a2d97)
    return ((x ^ (x >>> 15)) >>> 0) / 2 ** 32
  }
}
