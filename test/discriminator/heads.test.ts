import assert from 'node:assert/strict'
import { batchNormGroups, headForward, initHead } from '../../src/discriminator/heads.js'
import { isBuffer, normalizedWeight, powerIteration } from '../../src/discriminator/spectralNorm.js'
import { randomKey, randomNormal, tf } from '../../src/tensorflow/index.js'

const head = (seed = 1) => initHead('', { channels: 6, outputs: 5, kernel: 9 }, seed, 0)
const tokens = (batch: number, count: number) => randomNormal([batch, count, 6], randomKey(7)) as tf.Tensor3D

describe('discriminator head', () => {
  it('gives every token an output, and turns with the ring of tokens', () => {
    const weights = head()
    const x = tokens(2, 11)
    const turn = (y: tf.Tensor3D) => tf.concat([tf.slice(y, [0, 8, 0]), tf.slice(y, [0, 0, 0], [-1, 8, -1])], 1)
    const turned = headForward(weights, '', turn(x))
    assert.deepEqual(turned.shape, [2, 11, 5])
    assert.ok(tf.max(tf.abs(tf.sub(turn(headForward(weights, '', x)), turned))).dataSync()[0]! < 1e-5)
  })

  it('starts from normalised weights: the largest singular value is 1', () => {
    const weights = head()
    const matrix = tf.reshape(normalizedWeight(weights, 'main.1.fn.0'), [6, 54])
    let v = tf.ones([54, 1])
    for (let i = 0; i < 100; i++) {
      const back = tf.matMul(matrix, tf.matMul(matrix, v), true)
      v = tf.div(back, tf.norm(back))
    }
    assert.ok(Math.abs(tf.norm(tf.matMul(matrix, v)).dataSync()[0]! - 1) < 0.05)
  })

  it('moves u and v by power iteration without touching what it is given', () => {
    const weights = head()
    const before = [...weights['cls.weight_u']!.dataSync()]
    const buffers = powerIteration(weights)
    assert.deepEqual(Object.keys(buffers).sort(), Object.keys(weights).filter(isBuffer).sort())
    assert.deepEqual([...weights['cls.weight_u']!.dataSync()], before)
    assert.notDeepEqual([...buffers['cls.weight_u']!.dataSync()], before)
    assert.ok(Math.abs(tf.norm(buffers['cls.weight_v']!).dataSync()[0]! - 1) < 1e-6)
  })

  it('is fixed by its seed', () => {
    const numbers = (seed: number) => [...head(seed)['main.0.0.weight_orig']!.dataSync()]
    assert.deepEqual(numbers(3), numbers(3))
    assert.notDeepEqual(numbers(3), numbers(4))
  })

  it('groups a batch into equal groups of eight or fewer for its statistics', () => {
    const groups = [1, 2, 8, 9, 12, 16, 17, 20, 24].map(batchNormGroups)
    assert.deepEqual(groups, [1, 1, 1, 3, 2, 2, 17, 4, 3])
  })

  it('says which layer does not fit its input', () => {
    const x = tf.zeros([1, 9, 4]) as tf.Tensor3D
    assert.throws(() => headForward(head(), '', x), /main\.0\.0: weights for 6 channels, but the features have 4/)
    assert.throws(() => headForward(head(), '', tokens(1, 3)), /main\.1\.fn\.0: needs 4 tokens or more, got 3/)
  })
})
