import assert from 'node:assert/strict'
import fc from 'fast-check'
import { EigenvalueDecomposition, Matrix } from 'ml-matrix'
import { featureStatistics, frechetDistance } from '../../src/metrics/frechet.js'
import { symmetricEigenvalues } from '../../src/metrics/symmetric.js'

const value = fc.double({ min: -3, max: 3, noNaN: true })

function features(rows: number, columns: number) {
  return fc
    .array(value, { minLength: rows * columns, maxLength: rows * columns })
    .map(data => ({ rows, columns, data }))
}

describe('Fréchet distance', () => {
  it('is |μ₁−μ₂|² + Σ(σ₁−σ₂)² for independent features', () => {
    const square = { rows: 4, columns: 2, data: [1, 1, 1, -1, -1, 1, -1, -1] }
    const moved = { ...square, data: square.data.map((x, i) => (i % 2 ? 2 * x + 1 : 3 * x - 2)) }
    const deviation = Math.sqrt(4 / 3)
    const expected = 1 + 4 + (2 * deviation) ** 2 + deviation ** 2
    assert.ok(Math.abs(frechetDistance(featureStatistics(square), featureStatistics(moved)) - expected) < 1e-12)
  })

  it('agrees with the root of the product of the covariances, computed by eigenvectors', () => {
    fc.assert(
      fc.property(features(12, 5), features(9, 5), (x, y) => {
        const [a, b] = [featureStatistics(x), featureStatistics(y)]
        const covariances = [a, b].map(s => Matrix.from1DArray(5, 5, s.covariance)) as [Matrix, Matrix]
        const { eigenvectorMatrix: q, realEigenvalues } = new EigenvalueDecomposition(covariances[0])
        const root = q.mmul(Matrix.diag(realEigenvalues.map(e => Math.sqrt(Math.max(e, 0))))).mmul(q.transpose())
        const product = new EigenvalueDecomposition(root.mmul(covariances[1]).mmul(root), { assumeSymmetric: true })
        const trace = product.realEigenvalues.reduce((sum, e) => sum + Math.sqrt(Math.max(e, 0)), 0)
        const apart = a.mean.reduce((sum, m, i) => sum + (m - b.mean[i]!) ** 2, 0)
        const expected = apart + covariances[0].trace() + covariances[1].trace() - 2 * trace
        assert.ok(Math.abs(frechetDistance(a, b) - expected) < 1e-5)
      }),
    )
  })

  it('is symmetric, and zero between equal sets, with fewer images than features too', () => {
    fc.assert(
      fc.property(features(4, 7), features(5, 7), (x, y) => {
        const [a, b] = [featureStatistics(x), featureStatistics(y)]
        assert.ok(Math.abs(frechetDistance(a, b) - frechetDistance(b, a)) < 1e-6)
        assert.ok(Math.abs(frechetDistance(a, a)) < 1e-6)
      }),
    )
  })

  it('refuses a single image, other widths, and values that are not finite', () => {
    const set = (rows: number, columns: number, fill = 1) =>
      featureStatistics({ rows, columns, data: Array(rows * columns).fill(fill) })
    assert.throws(() => set(1, 3), /two images or more/)
    assert.throws(() => frechetDistance(set(2, 3), set(2, 4)), /3 features against 4/)
    assert.throws(() => set(3, 2, Number.NaN), /not finite/)
    assert.throws(() => featureStatistics({ rows: 2, columns: 2, data: [1] }), /cannot be 2 rows of 2/)
  })
})

describe('symmetricEigenvalues', () => {
  it('agrees with ml-matrix', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 8 }), fc.array(value, { minLength: 64, maxLength: 64 }), (n, data) => {
        // ml-matrix fails on numbers whose squares leave the range of a double.
        const normal = data.map(x => (Math.abs(x) < 1e-100 ? 0 : x))
        const half = Matrix.from1DArray(8, 8, normal).subMatrix(0, n - 1, 0, n - 1)
        const matrix = Matrix.add(half, half.transpose())
        const expected = new EigenvalueDecomposition(matrix, { assumeSymmetric: true }).realEigenvalues
        const found = symmetricEigenvalues(matrix.to2DArray().map(row => Float64Array.from(row)))
        expected
          .sort((a, b) => a - b)
          .forEach((e, i) => {
            assert.ok(Math.abs(e - found[i]!) < 1e-12, `${e} ${found[i]}`)
          })
      }),
    )
  })
})
