/** The learning rate over the iterations: linear warm-up, then constant or falling linearly to zero. */

export interface RateSettings {
  /** The rate after warm-up. */
  rate: number
  /** Iterations over which the rate rises from 0. */
  warmup: number
  decay: 'none' | 'linear'
}

/** @param iteration counted from 1, of `total` */
export function learningRate({ rate, warmup, decay }: RateSettings, iteration: number, total: number): number {
  const risen = warmup > 0 ? Math.min(1, iteration / warmup) : 1
  const left = decay === 'linear' ? 1 - (iteration - 1) / total : 1
  return rate * risen * left
}
