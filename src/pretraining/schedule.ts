/** Linear warm-up to `peak`, then half a cosine down to zero at `total`. */
export function cosineRate(peak: number, iteration: number, warmUp: number, total: number): number {
  if (iteration < warmUp) return (peak * (iteration + 1)) / warmUp
  return (peak * (1 + Math.cos((Math.PI * (iteration - warmUp)) / (total - warmUp)))) / 2
}

/** Decay of the weights' average: short memory at first, so that the random start is soon forgotten. */
export function averageDecay(decay: number, iteration: number): number {
  return Math.min(decay, (1 + iteration) / (10 + iteration))
}
