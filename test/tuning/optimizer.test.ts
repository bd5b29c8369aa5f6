import assert from 'node:assert/strict'
import { randomKey, randomNormal, tf } from '../../src/tensorflow/index.js'
import {
  adamw,
  adamwNumbers,
  globalNorm,
  gradientsOf,
  learningRate,
  mapWeights,
  moveAverage,
  zeroMoments,
} from '../../src/tuning/index.js'
import { createUpdate } from '../../src/tuning/update.js'

const settings = { betas: [0.9, 0.99], epsilon: 1e-8, weightDecay: 0.1, clip: null } as const

/** The published algorithm on one number, in double precision. */
function referenceAdamw(weight: number, gradients: number[], rate: number): number {
  let [m, v] = [0, 0]
  for (const [i, g] of gradients.entries()) {
    m = 0.9 * m + 0.1 * g
    v = 0.99 * v + 0.01 * g * g
    weight -= rate * 0.1 * weight
    weight -= (rate * (m / (1 - 0.9 ** (i + 1)))) / (Math.sqrt(v / (1 - 0.99 ** (i + 1))) + 1e-8)
  }
  return weight
}

describe('AdamW', () => {
  it('moves every entry as the published algorithm does, decay apart from the gradient', () => {
    const gradients = [0.5, -2, 0.01, 3, 0.2]
    let weights: Record<string, tf.Tensor> = { a: tf.scalar(1.5), b: tf.tensor1d([-0.3, 0]) }
    let moments = zeroMoments(weights)
    for (const [i, g] of gradients.entries()) {
      const given = { a: tf.scalar(g), b: tf.tensor1d([2 * g, 0]) }
      ;({ weights, moments } = adamw(weights, moments, given, adamwNumbers(0.01, i + 1, settings), settings))
    }
    const close = (got: number, expected: number) => assert.ok(Math.abs(got - expected) < 1e-6, `${got} ${expected}`)
    close(weights.a!.dataSync()[0]!, referenceAdamw(1.5, gradients, 0.01))
    close(weights.b!.dataSync()[0]!, referenceAdamw(-0.3, gradients.map(g => 2 * g), 0.01)) // biome-ignore format: one call
    assert.equal(weights.b!.dataSync()[1], 0)
  })

  it('clips by the norm over all entries and reports the norm before', () => {
    const weights = { a: tf.scalar(0), b: tf.scalar(0) }
    const step = (clip: number | null, scale: number) => {
      const given = { a: tf.scalar(3 * scale), b: tf.scalar(4 * scale) }
      const numbers = adamwNumbers(0.1, 1, settings)
      return adamw(weights, zeroMoments(weights), given, numbers, { ...settings, clip })
    }
    const clipped = step(1, 10)
    assert.equal(clipped.gradientNorm.dataSync()[0], 50)
    assert.ok(Math.abs(clipped.moments.mean.a!.dataSync()[0]! - 0.1 * 0.6) < 1e-6)
    assert.ok(Math.abs(step(null, 10).moments.mean.a!.dataSync()[0]! - 3) < 1e-6)
    assert.ok(Math.abs(step(100, 1).moments.mean.a!.dataSync()[0]! - 0.3) < 1e-6)
  })

  it('has a change that is not finite when a weight or a gradient is not', () => {
    const numbers = adamwNumbers(0.1, 1, settings)
    for (const [weight, gradient] of [
      [Number.NaN, 1],
      [1, Number.NaN],
    ] as const) {
      const weights = { a: tf.scalar(weight) }
      const { changeNorm } = adamw(weights, zeroMoments(weights), { a: tf.scalar(gradient) }, numbers, settings)
      assert.ok(Number.isNaN(changeNorm.dataSync()[0]))
    }
  })
})

describe('the update of a generator', () => {
  const shapes = { c: [3, 4], a: [5], b: [] } as Record<string, number[]>
  const drawn = (seed: number) =>
    Object.fromEntries(
      Object.entries(shapes).map(([name, shape], i) => [name, randomNormal(shape, randomKey(seed, i)) as tf.Tensor]),
    )
  const stepped = (averageDecay: number, together?: number) => {
    const weights = drawn(1)
    const state = { weights, average: mapWeights(tf.clone, weights), moments: zeroMoments(weights) }
    const gradients = drawn(2)
    const update = createUpdate({ ...settings, clip: 0.5 }, averageDecay, together)
    const numbers = adamwNumbers(0.01, 1, settings)
    const before = [...Object.values(weights), ...Object.values(state.average), ...Object.values(gradients)]
    return { ...update(state, gradients, numbers), before }
  }
  const numbersOf = (weights: Record<string, tf.Tensor>) =>
    Object.entries(weights).map(([name, tensor]) => [name, ...tensor.dataSync()])

  it('is the same in parts, keeps the order of the names, and frees what it replaces', () => {
    const [whole, parts] = [stepped(0.9), stepped(0.9, 24)]
    for (const record of ['weights', 'average'] as const)
      assert.deepEqual(numbersOf(parts.state[record]), numbersOf(whole.state[record]))
    assert.deepEqual(numbersOf(parts.state.moments.square), numbersOf(whole.state.moments.square))
    assert.deepEqual(Object.keys(parts.state.weights), ['c', 'a', 'b'])
    assert.equal(parts.gradientNorm.dataSync()[0], whole.gradientNorm.dataSync()[0])
    assert.ok(Math.abs(parts.changeNorm.dataSync()[0]! / whole.changeNorm.dataSync()[0]! - 1) < 1e-6)
    assert.ok(parts.before.every(({ isDisposed }) => isDisposed))
  })

  it('has the weights themselves for an average where none is kept', () => {
    const { state, before } = stepped(0)
    assert.deepEqual(numbersOf(state.average), numbersOf(state.weights))
    assert.ok(before.every(({ isDisposed }) => isDisposed))
    for (const [name, { dataId }] of Object.entries(state.weights)) assert.equal(state.average[name]!.dataId, dataId)
  })
})

describe('learning rate', () => {
  it('rises linearly, stays, or falls to zero at the end', () => {
    const rate = { rate: 2, warmup: 4, decay: 'none' } as const
    assert.deepEqual(
      [1, 2, 4, 5, 100].map(i => learningRate(rate, i, 100)),
      [0.5, 1, 2, 2, 2],
    )
    assert.equal(learningRate({ ...rate, warmup: 0, decay: 'linear' }, 1, 100), 2)
    assert.ok(Math.abs(learningRate({ ...rate, decay: 'linear' }, 100, 100) - 0.02) < 1e-12)
  })
})

describe('weights as records', () => {
  it('average moves by 1 − decay of the way', () => {
    const moved = moveAverage({ a: tf.scalar(1) }, { a: tf.scalar(2) }, 0.75)
    assert.equal(moved.a!.dataSync()[0], 1.25)
    assert.equal(moveAverage({ a: tf.scalar(1) }, { a: tf.scalar(2) }, 0).a!.dataSync()[0], 2)
  })

  it('gradients come by name, zero for a weight that is not used', () => {
    const weights = { a: tf.scalar(3), b: tf.tensor1d([1, 2]) }
    const { value, gradients } = gradientsOf(() => tf.square(weights.a), weights)
    assert.equal(value.dataSync()[0], 9)
    assert.equal(gradients.a!.dataSync()[0], 6)
    assert.deepEqual([...gradients.b!.dataSync()], [0, 0])
    assert.equal(globalNorm({ a: tf.scalar(3), b: tf.tensor1d([0, 4]) }).dataSync()[0], 5)
  })
})
