import assert from 'node:assert/strict'
import { clipScore, hpsPercent, pairedCosines } from '../../src/metrics/clipScore.js'

describe('text scores', () => {
  it('take the cosine pair by pair, whatever the lengths', () => {
    const cosines = pairedCosines([Float32Array.of(3, 0), Float32Array.of(1, 1)], [Float32Array.of(0.5, 0), [-2, 0]])
    assert.ok(Math.abs(cosines[0]! - 1) < 1e-12)
    assert.ok(Math.abs(cosines[1]! + Math.SQRT1_2) < 1e-12)
  })

  it('clamp the CLIP score, image by image, and not the preference score', () => {
    assert.equal(clipScore([0.5, -0.5]), 25)
    assert.equal(hpsPercent([0.5, -0.5]), 0)
  })

  it('refuse embeddings that do not pair up', () => {
    assert.throws(() => pairedCosines([[1]], []), /1 images, but 0 texts/)
    assert.throws(() => pairedCosines([[1]], [[1, 2]]), /embeddings of 1 and 2 numbers/)
  })
})
