// The numbers of a control.

export interface Range {
  min: number
  max: number
  value: number
}

/** @throws RangeError naming the number that is wrong */
export function range(what: string, { min = 0, max = 100, value = min }: Partial<Range>): Range {
  for (const [name, x] of Object.entries({ min, max, value })) {
    if (!Number.isFinite(x)) throw new RangeError(`${what}'s ${name} must be a number, not ${x}`)
  }
  if (min >= max) throw new RangeError(`${what}'s min (${min}) must be below its max (${max})`)
  if (value < min || value > max) throw new RangeError(`${what}'s value (${value}) must be from ${min} to ${max}`)
  return { min, max, value }
}

export const isWhole = ({ min, max, value }: Range): boolean => [min, max, value].every(Number.isInteger)
