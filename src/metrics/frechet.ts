import { EigenvalueDecomposition, Matrix } from 'ml-matrix'

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
 * The trace of the root is the sum of the roots of the eigenvalues of Σ₁^½ Σ₂ Σ₁^½, which is symmetric; so singular
 * covariances (fewer images than features) need no special case and no imaginary part is ever dropped.
 * In double precision; 768 features take seconds.
 * @throws RangeError when the two have different numbers of features
 */
export function frechetDistance(a: FeatureStatistics, b: FeatureStatistics): number {
  const n = a.mean.length
  if (b.mean.length !== n) throw new RangeError(`Fréchet distance: ${n} features against ${b.mean.length}`)
  const covarianceA = toMatrix(a.covariance, n)
  const covarianceB = toMatrix(b.covariance, n)
  const root = symmetricRoot(covarianceA)
  const product = root.mmul(covarianceB).mmul(root)
  const eigenvalues = symmetricEigen(product).realEigenvalues
  const traceOfRoot = eigenvalues.reduce((sum, value) => sum + Math.sqrt(Math.max(value, 0)), 0)
  let meansApart = 0
  for (let i = 0; i < n; i++) meansApart += (a.mean[i]! - b.mean[i]!) ** 2
  return meansApart + covarianceA.trace() + covarianceB.trace() - 2 * traceOfRoot
}

function symmetricRoot(matrix: Matrix): Matrix {
  const { eigenvectorMatrix, realEigenvalues } = symmetricEigen(matrix)
  const scaled = eigenvectorMatrix.clone()
  for (let j = 0; j < realEigenvalues.length; j++) scaled.mulColumn(j, Math.sqrt(Math.max(realEigenvalues[j]!, 0)))
  return scaled.mmul(eigenvectorMatrix.transpose())
}

/** Rounding leaves a product of matrices slightly asymmetric; its symmetric half is what is meant. */
function symmetricEigen(matrix: Matrix): EigenvalueDecomposition {
  const symmetric = Matrix.add(matrix, matrix.transpose()).mul(0.5)
  return new EigenvalueDecomposition(symmetric, { assumeSymmetric: true })
}

function toMatrix(data: Float64Array, n: number): Matrix {
  return Matrix.from1DArray(n, n, data)
}
