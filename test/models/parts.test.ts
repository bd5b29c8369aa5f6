import assert from 'node:assert/strict'
import { inParts } from '../../src/models/parts.js'
import { jit, randomKey, randomNormal, tf } from '../../src/tensorflow/index.js'

describe('a network in parts of its batch', () => {
  for (const batch of [1, 2, 3, 4]) {
    for (const times of [1, 2]) {
      it(`gives ${batch} images, ${times} condition${times > 1 ? 's' : ''} each, as in one piece`, () => {
        const x = randomNormal([batch, 2, 2, 3], randomKey(1, batch)) as tf.Tensor4D
        const text = randomNormal([times * batch, 4], randomKey(2, batch))
        const rows: number[] = []
        const network = (x: tf.Tensor4D, { text }: { text: tf.Tensor }) => {
          rows.push(x.shape[0])
          const all = Array.from({ length: times }, () => x)
          return tf.mul(tf.concat(all), tf.sum(text, 1).reshape([-1, 1, 1, 1])) as tf.Tensor4D
        }
        const parts = jit((x: tf.Tensor4D, text: tf.Tensor) => inParts(x, { text }, network), { parallel: 'across' })
        const [whole, found] = [network(x, { text }), parts(x, text)]
        assert.deepEqual(found.shape, whole.shape)
        assert.ok(tf.max(tf.abs(tf.sub(whole, found))).dataSync()[0]! < 1e-6)
        const [, ...cut] = [...rows].sort((a, b) => b - a)
        assert.equal(
          cut.reduce((sum, n) => sum + n, 0),
          batch,
        )
        tf.dispose([x, text, whole, found])
      })
    }
  }
})
