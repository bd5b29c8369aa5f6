import { strict as assert } from 'node:assert'
import fc from 'fast-check'
import { createAsha } from '../../src/experiments/index.js'

const arrivals = fc.array(
  fc.record({
    trial: fc.integer({ min: 0, max: 8 }),
    iteration: fc.integer({ min: 1, max: 500 }),
    value: fc.float({ noNaN: true, min: -100, max: 100 }),
  }),
  { maxLength: 60 },
)

describe('asynchronous successive halving', () => {
  it('decides the same for the same arrivals, and mirrors when higher is better', () => {
    fc.assert(
      fc.property(arrivals, fc.integer({ min: 1, max: 20 }), fc.integer({ min: 2, max: 4 }), (all, min, factor) => {
        const lower = createAsha({ min, factor, better: 'lower' })
        const again = createAsha({ min, factor, better: 'lower' })
        const higher = createAsha({ min, factor, better: 'higher' })
        for (const { trial, iteration, value } of all) {
          const reason = lower.report(`${trial}`, iteration, value)
          assert.deepEqual(again.report(`${trial}`, iteration, value), reason)
          const mirrored = higher.report(`${trial}`, iteration, -value)
          assert.equal(mirrored?.rung, reason?.rung)
          if (reason) assert.ok(Math.abs(mirrored!.cutoff + reason.cutoff) < 1e-9)
        }
      }),
    )
  })

  it('a trial is stopped when, and only when, its value is worse than the best 1/factor that were at the rung before', () => {
    fc.assert(
      fc.property(
        fc.array(fc.float({ noNaN: true, min: -100, max: 100 }), { minLength: 1, maxLength: 30 }),
        fc.integer({ min: 2, max: 4 }),
        (values, factor) => {
          const asha = createAsha({ min: 10, factor, better: 'lower' })
          for (const [trial, value] of values.entries()) {
            const reason = asha.report(`${trial}`, 10, value)
            const before = values.slice(0, trial)
            const betterBefore = before.filter(other => other < value).length
            if (before.length === 0) {
              assert.equal(reason, undefined)
              continue
            }
            // The cutoff lies between the order statistics around (n − 1)/factor.
            const at = (before.length - 1) / factor
            if (betterBefore <= Math.floor(at)) assert.equal(reason, undefined)
            if (betterBefore > Math.ceil(at)) {
              assert.ok(reason)
              assert.deepEqual(
                { rung: reason.rung, value: reason.value, seen: reason.seen },
                { rung: 10, value, seen: before.length },
              )
              assert.ok(value > reason.cutoff)
            }
          }
        },
      ),
    )
  })

  it('the first at a rung, and a trial that was judged there already, go on', () => {
    const asha = createAsha({ min: 100, factor: 2, better: 'lower' })
    assert.equal(asha.report('a', 50, 1000), undefined)
    assert.equal(asha.report('a', 100, 5), undefined)
    assert.equal(asha.report('a', 150, 1000), undefined)
    assert.deepEqual(asha.report('b', 100, 6), { rung: 100, value: 6, cutoff: 5, seen: 1 })
    assert.equal(asha.report('c', 400, 1000), undefined, 'the first at 400')
    assert.equal(asha.report('d', 100, 5.5), undefined, 'the cutoff is half of the way from 5 to 6')
  })

  it('a rung between two iterations is reached, and named, by the second', () => {
    // 20, 30, 45, 67.5, 101.25.
    const asha = createAsha({ min: 20, factor: 1.5, better: 'lower' })
    for (const iteration of [20, 30, 45, 67, 101]) asha.report('a', iteration, 1)
    asha.report('b', 102, 1)
    assert.deepEqual(
      asha.rungs().map(({ iteration }) => iteration),
      [20, 30, 45, 68, 102],
    )
    assert.equal(asha.report('c', 101, 2)?.rung, 68)
    assert.equal(asha.report('d', 102, 2)?.rung, 102)
  })

  it('a value that is no number is worse than any', () => {
    const asha = createAsha({ min: 1, factor: 2, better: 'lower' })
    assert.equal(asha.report('a', 1, Number.NaN), undefined)
    assert.equal(asha.report('b', 1, 3), undefined)
    assert.equal(asha.report('c', 1, Number.NaN)?.cutoff, 3)
  })

  it('refuses rungs that make no sense', () => {
    assert.throws(() => createAsha({ min: 0, factor: 2, better: 'lower' }), RangeError)
    assert.throws(() => createAsha({ min: 1, factor: 1, better: 'lower' }), RangeError)
  })

  it('tells what the next trial has to reach at each rung', () => {
    for (const better of ['lower', 'higher'] as const) {
      const asha = createAsha({ min: 10, factor: 2, better })
      assert.deepEqual(asha.rungs(), [])
      for (const [i, value] of [4, 1, 2, 3].entries()) asha.report(`${i}`, 10, value)
      asha.report('1', 20, 7)
      assert.deepEqual(asha.rungs(), [
        { iteration: 10, cutoff: 2.5, seen: 4 },
        { iteration: 20, cutoff: 7, seen: 1 },
      ])
      const reached = better === 'lower' ? 2.4 : 2.6
      assert.equal(asha.report('at the cutoff', 10, reached), undefined)
    }
  })
})
