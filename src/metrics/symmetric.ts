/**
 * Cholesky factor of a positive semidefinite matrix with pivoting, A = Σ r rᵀ over the rows r returned. A singular matrix
 * gives as many rows as its rank, to rounding.
 * @param matrix [n, n], row-major, symmetric
 * @returns rows of n numbers each
 */
export function choleskyRows(matrix: Float64Array, n: number): Float64Array[] {
  const remaining = Float64Array.from({ length: n }, (_, i) => matrix[i * n + i]!)
  const negligible = n * Number.EPSILON * Math.max(...remaining)
  const rows: Float64Array[] = []
  while (rows.length < n) {
    let pivot = 0
    for (let i = 1; i < n; i++) if (remaining[i]! > remaining[pivot]!) pivot = i
    if (!(remaining[pivot]! > negligible)) break
    const row = matrix.slice(pivot * n, (pivot + 1) * n)
    for (const earlier of rows) addScaled(row, earlier, -earlier[pivot]!)
    const scale = 1 / Math.sqrt(remaining[pivot]!)
    for (let i = 0; i < n; i++) {
      row[i]! *= scale
      remaining[i]! -= row[i]! ** 2
    }
    remaining[pivot] = 0
    rows.push(row)
  }
  return rows
}

/**
 * Eigenvalues of a symmetric matrix in ascending order: Householder reflections to tridiagonal form, then bisection.
 * No eigenvectors, which would cost several times as much. Absolute error about 10⁻¹⁵ of the largest.
 * @param rows n rows of n numbers; they are overwritten
 */
export function symmetricEigenvalues(rows: Float64Array[]): Float64Array {
  const { diagonal, beside } = tridiagonalize(rows)
  const n = diagonal.length
  // Gershgorin: no eigenvalue is further from a diagonal entry than its neighbours reach.
  let low = Number.POSITIVE_INFINITY
  let high = Number.NEGATIVE_INFINITY
  for (let i = 0; i < n; i++) {
    const reach = Math.abs(beside[i - 1] ?? 0) + Math.abs(beside[i] ?? 0)
    low = Math.min(low, diagonal[i]! - reach)
    high = Math.max(high, diagonal[i]! + reach)
  }
  const precision = Number.EPSILON * Math.max(Math.abs(low), Math.abs(high))
  const eigenvalues = new Float64Array(n)
  for (let k = 0; k < n; k++) {
    let below = k > 0 ? eigenvalues[k - 1]! - precision : low - precision
    let above = high + precision
    while (above - below > precision) {
      const middle = (below + above) / 2
      if (middle <= below || middle >= above) break
      if (countBelow(diagonal, beside, middle) > k) above = middle
      else below = middle
    }
    eigenvalues[k] = (below + above) / 2
  }
  return eigenvalues
}

/** Householder's reduction: each step reflects a column onto its first entry below the diagonal. */
function tridiagonalize(rows: Float64Array[]): { diagonal: Float64Array; beside: Float64Array } {
  const n = rows.length
  const diagonal = new Float64Array(n)
  const beside = new Float64Array(Math.max(n - 1, 0))
  const v = new Float64Array(n)
  const w = new Float64Array(n)
  // Far below rounding; the squares of what is smaller would leave the range of a double.
  const negligible = 1e-100 * Math.max(...rows.map(row => row.reduce((most, x) => Math.max(most, Math.abs(x)), 0)))
  for (let k = 0; k < n; k++) {
    diagonal[k] = rows[k]![k]!
    if (k === n - 1) break
    let square = 0
    for (let i = k + 1; i < n; i++) {
      v[i] = rows[k]![i]!
      square += v[i]! ** 2
    }
    const length = Math.sqrt(square)
    if (length <= negligible) continue
    beside[k] = v[k + 1]! > 0 ? -length : length
    const reflected = v[k + 1]! - beside[k]!
    v[k + 1] = reflected
    // |v|² = 2·(length² + |first|·length), as the reflection goes to the opposite side of the first entry
    const half = length * Math.abs(reflected)
    let along = 0
    for (let i = k + 1; i < n; i++) {
      w[i] = dotFrom(rows[i]!, v, k + 1) / half
      along += w[i]! * v[i]!
    }
    for (let i = k + 1; i < n; i++) w[i]! -= (along / (2 * half)) * v[i]!
    for (let i = k + 1; i < n; i++) {
      const row = rows[i]!
      const [vi, wi] = [v[i]!, w[i]!]
      for (let j = k + 1; j < n; j++) row[j]! -= vi * w[j]! + wi * v[j]!
    }
  }
  return { diagonal, beside }
}

/** Sylvester's law of inertia: how many eigenvalues of a tridiagonal matrix lie below x. */
function countBelow(diagonal: Float64Array, beside: Float64Array, x: number): number {
  let count = 0
  let pivot = 1
  for (let i = 0; i < diagonal.length; i++) {
    const coupling = i > 0 ? beside[i - 1]! ** 2 / pivot : 0
    pivot = diagonal[i]! - x - coupling
    if (pivot === 0) pivot = -Number.MIN_VALUE / Number.EPSILON
    if (pivot < 0) count++
  }
  return count
}

function dotFrom(a: Float64Array, b: Float64Array, from: number): number {
  let sum = 0
  for (let i = from; i < a.length; i++) sum += a[i]! * b[i]!
  return sum
}

/** target += factor · source */
export function addScaled(target: Float64Array, source: Float64Array, factor: number): void {
  for (let i = 0; i < target.length; i++) target[i]! += factor * source[i]!
}

export function dot(a: Float64Array, b: Float64Array): number {
  return dotFrom(a, b, 0)
}
