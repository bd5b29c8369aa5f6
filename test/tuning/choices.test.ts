import assert from 'node:assert/strict'
import fc from 'fast-check'
import { batchIndices, chooseSteps, chooseTimes, uniforms } from '../../src/tuning/index.js'

describe('what an iteration draws', () => {
  it('the start is a step, and min(K, steps left) different steps from it on carry gradient (Algorithm 1, lines 3-5)', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 50 }), fc.nat(20), fc.nat(), fc.nat(), (steps, more, seed, iteration) => {
        const K = 1 + (more % steps)
        const { start, sampled } = chooseSteps(steps, K, seed, iteration)
        assert.ok(start >= 0 && start < steps)
        assert.equal(sampled.length, Math.min(K, steps - start))
        assert.equal(new Set(sampled).size, sampled.length)
        assert.ok(sampled.every((index, k) => index >= start && index < steps && (k === 0 || index > sampled[k - 1]!)))
      }),
    )
  })

  it('a time for each image, or the first of these for the whole batch', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1000 }),
        fc.integer({ min: 1, max: 64 }),
        fc.nat(),
        (times, batch, seed) => {
          const each = chooseTimes(times, batch, seed, 1, 'image')
          assert.equal(each.length, batch)
          assert.ok(each.every(index => Number.isInteger(index) && index >= 0 && index < times))
          assert.deepEqual(chooseTimes(times, batch, seed, 1, 'batch'), Array(batch).fill(each[0]))
        },
      ),
    )
    assert.ok(new Set(chooseTimes(1000, 64, 0, 1, 'image')).size > 50)
  })

  it('the last K steps, or K equally spaced ones, of a run that ends early or not', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 50 }),
        fc.integer({ min: 1, max: 9 }),
        fc.nat(60),
        fc.nat(),
        (steps, K, earlyStop, seed) => {
          const last = chooseSteps(steps, K, seed, 1, { choose: 'last', earlyStop })
          const { start, end } = last
          assert.ok(start <= end && end < steps && end >= steps - 1 - earlyStop)
          const count = Math.min(K, end - start + 1)
          assert.deepEqual(
            last.sampled,
            Array.from({ length: count }, (_, k) => end - count + 1 + k),
          )
          const spaced = chooseSteps(steps, K, seed, 1, { choose: 'spaced', earlyStop })
          assert.deepEqual([spaced.start, spaced.end], [start, end])
          assert.equal(spaced.sampled.length, count)
          const apart = (end - start + 1) / count
          for (const [k, index] of spaced.sampled.entries()) {
            assert.ok(index >= start && index <= end)
            if (k > 0) assert.ok(Math.abs(index - spaced.sampled[k - 1]! - apart) < 1)
          }
        },
      ),
    )
  })

  it('every step is among the equally spaced ones now and then, and every early end happens', () => {
    const steps = new Set<number>()
    const ends = new Set<number>()
    for (let i = 0; i < 2000; i++) {
      const { start, end, sampled } = chooseSteps(12, 3, 0, i, { choose: 'spaced', earlyStop: 4 })
      if (start === 0) for (const index of sampled) steps.add(index)
      ends.add(end)
    }
    assert.equal(steps.size, 12)
    assert.deepEqual(
      [...ends].sort((a, b) => a - b),
      [7, 8, 9, 10, 11],
    )
  })

  it('starts are spread evenly, and neighbouring iterations and seeds have nothing in common', () => {
    const counts = new Array<number>(10).fill(0)
    const pairs = new Array<number>(100).fill(0)
    for (let i = 0; i < 20_000; i++) {
      const { start } = chooseSteps(10, 3, 4, i)
      counts[start]!++
      pairs[10 * start + chooseSteps(10, 3, 5, i).start]!++
    }
    // 5 standard deviations of a binomial count
    assert.ok(counts.every(count => Math.abs(count - 2000) < 5 * Math.sqrt(1800)))
    assert.ok(pairs.every(count => Math.abs(count - 200) < 5 * Math.sqrt(198)))
  })

  it('uniform numbers of different purposes differ and are in [0, 1)', () => {
    const numbers = (['start', 'time', 'dropout'] as const).flatMap(stream => {
      const random = uniforms(0, 0, stream)
      return Array.from({ length: 50 }, random)
    })
    assert.equal(new Set(numbers).size, numbers.length)
    assert.ok(numbers.every(number => number >= 0 && number < 1))
  })

  it('every epoch visits every example once, in an order of its own', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 16 }), fc.nat(), (length, batch, seed) => {
        const drawn = Array.from({ length: 3 * length }, (_, i) => batchIndices(length, batch, seed, i + 1)).flat()
        const epochs = [0, 1].map(epoch => drawn.slice(epoch * length, (epoch + 1) * length))
        for (const epoch of epochs)
          assert.deepEqual(
            [...epoch].sort((a, b) => a - b),
            [...Array(length).keys()],
          )
        if (length > 20) assert.notDeepEqual(epochs[0], epochs[1])
      }),
    )
  })
})
