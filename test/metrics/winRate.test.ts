import assert from 'node:assert/strict'
import { bootstrapInterval, winRate } from '../../src/metrics/winRate.js'

describe('winRate', () => {
  it('counts wins, ties within the threshold, and losses', () => {
    const { win, tie, loss } = winRate([3, 1, 2, 2], [1, 3, 2, 1.5], { threshold: 0.5 })
    assert.deepEqual({ win, tie, loss }, { win: 0.25, tie: 0.5, loss: 0.25 })
  })

  it('gives the same interval for the same seed, around win + tie/2', () => {
    const a = Array.from({ length: 60 }, (_, i) => (i * 37) % 60)
    const b = Array.from({ length: 60 }, (_, i) => (i * 23) % 60)
    const first = winRate(a, b, { seed: 3 })
    assert.deepEqual(winRate(a, b, { seed: 3 }), first)
    const middle = first.win + first.tie / 2
    assert.ok(first.interval.low < middle && middle < first.interval.high)
  })

  it('has a bootstrap interval near the normal one', () => {
    const { low, high } = bootstrapInterval([...Array(50).fill(0), ...Array(50).fill(1)])
    const halfWidth = 1.96 * Math.sqrt(0.25 / 100)
    assert.ok(Math.abs(high - low - 2 * halfWidth) < 0.03)
  })

  it('resamples anew with another seed', () => {
    const values = Array.from({ length: 30 }, (_, i) => Math.sin(i))
    assert.deepEqual(bootstrapInterval(values, { seed: 1 }), bootstrapInterval(values, { seed: 1 }))
    assert.notDeepEqual(bootstrapInterval(values, { seed: 1 }), bootstrapInterval(values, { seed: 2 }))
  })

  it('refuses lists that do not pair up and scores that are not numbers', () => {
    assert.throws(() => winRate([1], [1, 2]), /as many scores/)
    assert.throws(() => winRate([], []), /as many scores/)
    assert.throws(() => winRate([1, Number.NaN], [1, 2]), /item 1/)
  })
})
