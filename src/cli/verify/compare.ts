/** What an adapter hands to the comparison: one named array, and which of the case's two tolerances holds for it. */
export interface Comparison {
  got: ArrayLike<number>
  reference: ArrayLike<number>
  /** `out`: case.json's `tolerance`; `vjp` (gradients): `tolerance_vjp` */
  kind: 'out' | 'vjp'
}

export interface Tolerance {
  abs: number
  rel: number
}

/** The largest deviation within one array, beside what the tolerance allows for it. */
export interface Deviation {
  name: string
  error: number
  allowed: number
}

/**
 * The largest |got − reference| of an array, and the bound abs + rel·max|reference| that holds for its every element.
 * A value that is not finite, on either side, counts as an infinite error: it never passes.
 * @throws RangeError when the two lengths differ
 */
export function deviation(
  name: string,
  got: ArrayLike<number>,
  reference: ArrayLike<number>,
  tolerance: Tolerance,
): Deviation {
  if (got.length !== reference.length) {
    throw new RangeError(`${name}: has ${got.length} elements, the reference ${reference.length}`)
  }
  let error = 0
  let scale = 0
  for (let i = 0; i < reference.length; i++) {
    const difference = Math.abs(got[i]! - reference[i]!)
    if (!Number.isFinite(difference)) {
      error = Number.POSITIVE_INFINITY
    } else {
      error = Math.max(error, difference)
      scale = Math.max(scale, Math.abs(reference[i]!))
    }
  }
  return { name, error, allowed: tolerance.abs + tolerance.rel * scale }
}

/** Error as a share of what is allowed; more than 1 fails. A zero allowance is met by a zero error only. */
export function strain({ error, allowed }: Deviation): number {
  return error === 0 ? 0 : error / allowed
}

/**
 * The tolerance of a case for values of a kind.
 * @throws Error when case.json lacks it
 */
export function toleranceOf(caseJson: Record<string, unknown>, kind: 'out' | 'vjp'): Tolerance {
  const field = kind === 'vjp' ? 'tolerance_vjp' : 'tolerance'
  const tolerance = caseJson[field] as Partial<Tolerance> | undefined
  if (!Number.isFinite(tolerance?.abs) || !Number.isFinite(tolerance?.rel)) {
    throw new Error(`case.json: ${field} must be an object with numbers abs and rel`)
  }
  return tolerance as Tolerance
}
