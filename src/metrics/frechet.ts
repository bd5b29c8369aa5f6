import { addScaled, choleskyRows, dot, symmetricEigenvalues } from './symmetric.js'

/** Features of a set of images, one row an image, in row-major order. */
export interface Features {
  rows: number
  columns: number
  data: ArrayLike<number>
}

/** Mean and covariance of features: all that the Fréchet distance needs of a set, so worth keeping for a reference set. */
export interface FeatureStatistics {
  count: number
  mean: Float64Array
  /** [columns, columns], row-major, divided by count − 1 */
  covariance: Float64Array
}

/**
 * Mean and unbiased covariance, in double precision.
 * @throws RangeError with fewer than two rows, or values that are not finite
 */
export function featureStatistics({ rows, columns, data }: Features): FeatureStatistics {
  if (data.length !== rows * columns) {
    throw new RangeError(`features: ${data.length} values cannot be ${rows} rows of ${columns}`)
  }
  if (rows < 2) throw new RangeError(`features: a covariance needs two images or more, got ${rows}`)
  const mean = new Float64Array(columns)
  for (let i = 0; i < data.length; i++) mean[i % columns]! += data[i]! / rows
  if (!mean.every(Number.isFinite)) throw new RangeError('features: hold values that are not finite')

  const covariance = new Float64Array(columns * columns)
  const centred = new Float64Array(columns)
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < columns; i++) centred[i] = data[row * columns + i]! - mean[i]!
    for (let i = 0; i < columns; i++) {
      const scaled = centred[i]! / (rows - 1)
      for (let j = i; j < columns; j++) covariance[i * columns + j]! += scaled * centred[j]!
    }
  }
  for (let i = 0; i < columns; i++) {
    for (let j = 0; j < i; j++) covariance[i * columns + j] = covariance[j * columns + i]!
  }
  return { count: rows, mean, covariance }
}

/**
 * Fréchet distance of two Gaussians (Heusel et al. 2017): |μ₁−μ₂|² + tr(Σ₁ + Σ₂ − 2(Σ₁Σ₂)^½).
 *
 * With Σ₁ = LLᵀ the trace of the root is the sum of the roots of the eigenvalues of LᵀΣ₂L, which is symmetric. L has as
 * many columns as Σ₁ has rank, so singular covariances (fewer images than features) are no special case and no imaginary
 * part is ever dropped. In double precision: 768 features take a few seconds.
 * @throws RangeError when the two have different numbers of features
 */
export function frechetDistance(a: FeatureStatistics, b: FeatureStatistics): number {
  const n = a.mean.length
  if (b.mean.length !== n) throw new RangeError(`Fréchet distance: ${n} features against ${b.mean.length}`)
  let distance = -2 * traceOfRoot(a.covariance, b.covariance, n)
  for (let i = 0; i < n; i++) {
    distance += (a.mean[i]! - b.mean[i]!) ** 2 + a.covariance[i * n + i]! + b.covariance[i * n + i]!
  }
  return distance
}

/** tr (AB)^½ of two positive semidefinite matrices [n, n]. */
function traceOfRoot(a: Float64Array, b: Float64Array, n: number): number {
  const factor = choleskyRows(a, n)
  const product = factor.map(row => {
    const sum = new Float64Array(n)
    row.forEach((weight, i) => {
      addScaled(sum, b.subarray(i * n, (i + 1) * n), weight)
    })
    return sum
  })
  const eigenvalues = symmetricEigenvalues(factor.map(row => Float64Array.from(product, column => dot(row, column))))
  // A zero eigenvalue comes out of rounding as ±10⁻¹⁶ of the largest, and its root would be 10⁻⁸ of it.
  const rounding = Number.EPSILON * n * (eigenvalues.at(-1) ?? 0)
  return eigenvalues.reduce((sum, value) => (value > rounding ? sum + Math.sqrt(value) : sum), 0)
}
