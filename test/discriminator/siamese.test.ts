import assert from 'node:assert/strict'
import { discriminatorConfig } from '../../src/discriminator/config.js'
import { discriminatorLoss, generatorLoss } from '../../src/discriminator/losses.js'
import { createHeads, siameseScores, similarity, updateTwin } from '../../src/discriminator/siamese.js'
import { isBuffer } from '../../src/discriminator/spectralNorm.js'
import { randomKey, randomNormal, tf } from '../../src/tensorflow/index.js'

const config = discriminatorConfig.parse({ hooks: [0, 1], outputs: 8, kernel: 3 })
const features = (seed: number) => [0, 1].map(i => randomNormal([4, 6, 5], randomKey(seed, i)) as tf.Tensor3D)
const largest = (x: tf.Tensor) => tf.max(tf.abs(x)).dataSync()[0]!

describe('Siamese scores', () => {
  it('lie in [−1, 1], a column a head', () => {
    const { online, twin } = createHeads(config, 5, 1)
    for (const readout of ['token', 'flat', 'pooled'] as const) {
      const scores = siameseScores(online, twin, { ...config, readout }, features(1), features(2))
      assert.deepEqual(scores.shape, [4, 2])
      assert.ok(largest(scores) <= 1 + 1e-6)
    }
  })

  it('know equal, opposite and scaled outputs by every read-out', () => {
    const z = randomNormal([3, 4, 5], randomKey(9)) as tf.Tensor3D
    for (const readout of ['token', 'flat', 'pooled'] as const) {
      assert.ok(largest(tf.sub(similarity(z, tf.mul(z, 3), readout), 1)) < 1e-5)
      assert.ok(largest(tf.add(similarity(z, tf.neg(z), readout), 1)) < 1e-5)
    }
    const zero = tf.zerosLike(z) as tf.Tensor3D
    const gradient = tf.grad(x => tf.sum(similarity(x as tf.Tensor3D, z, 'token')))(zero)
    assert.ok(Number.isFinite(largest(gradient)))
  })

  it('of the single kind use neither twin nor reference', () => {
    const single = discriminatorConfig.parse({ ...config, kind: 'single' })
    const { online, twin } = createHeads(single, 5, 1)
    assert.deepEqual(twin, {})
    assert.ok(Object.keys(online).every(name => name.startsWith('heads.')))
    const scores = [2, 3].map(seed => siameseScores(online, twin, single, features(1), features(seed)))
    assert.deepEqual(scores[0]!.shape, [4, 2])
    assert.equal(largest(tf.sub(scores[0]!, scores[1]!)), 0)
  })
})

describe('twins', () => {
  it('start equal to the heads and follow them by the moving average', () => {
    const { online, twin } = createHeads(config, 5, 1)
    const names = Object.keys(twin)
    assert.ok(names.every(name => largest(tf.sub(twin[name]!, online[name]!)) === 0))
    const moved = Object.fromEntries(Object.entries(online).map(([name, x]) => [name, tf.add(x, 1)]))
    const next = updateTwin(twin, moved, 0.9)
    assert.deepEqual(Object.keys(next).sort(), names.sort())
    for (const name of names.filter(name => !isBuffer(name))) {
      assert.ok(largest(tf.sub(tf.sub(next[name]!, twin[name]!), 0.1)) < 1e-6, name)
    }
    for (const name of names.filter(isBuffer)) assert.ok(Math.abs(tf.norm(next[name]!).dataSync()[0]! - 1) < 1e-5)
  })

  it('refuse a decay outside 0 … 1', () => {
    const { online, twin } = createHeads(config, 5, 1)
    assert.throws(() => updateTwin(twin, online, 1.5), /tau must be from 0 to 1, got 1\.5/)
  })
})

describe('adversarial losses', () => {
  it('are hinges summed over heads and averaged over the batch', () => {
    const real = tf.tensor2d([0.5, 2, -1, 1], [2, 2])
    const fake = tf.tensor2d([0.25, -3, 1, 0], [2, 2])
    // image 1: 0.5 + 0 + 1.25 + 0; image 2: 2 + 0 + 2 + 1
    assert.equal(discriminatorLoss(real, fake).dataSync()[0], (1.75 + 5) / 2)
    assert.equal(generatorLoss(fake).dataSync()[0], -(0.25 - 3 + 1 + 0) / 2)
  })
})
