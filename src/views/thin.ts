/**
 * Which of `count` points to keep so that at most `most` are left and no spike is lost: the first, the last, and of each
 * bucket between them the points at which some column is lowest or highest.
 */
export function thin(columns: readonly (readonly (number | null)[])[], count: number, most: number): number[] {
  if (count <= most) return Array.from({ length: count }, (_, i) => i)
  const perBucket = 2 * Math.max(1, columns.length)
  const buckets = Math.max(1, Math.floor((most - 2) / perBucket))
  const kept = new Set([0, count - 1])
  for (let bucket = 0; bucket < buckets; bucket++) {
    const from = Math.floor((bucket * count) / buckets)
    const to = Math.floor(((bucket + 1) * count) / buckets)
    if (columns.length === 0) kept.add(from)
    for (const column of columns) {
      let [lowest, highest] = [from, from]
      let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
      for (let i = from; i < to; i++) {
        // What was not measured, null or NaN, is neither.
        const value = column[i] ?? Number.NaN
        if (value < low) [low, lowest] = [value, i]
        if (value > high) [high, highest] = [value, i]
      }
      kept.add(lowest).add(highest)
    }
  }
  return [...kept].sort((a, b) => a - b)
}
