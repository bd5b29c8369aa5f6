import assert from 'node:assert/strict'
import { jit, rawOp, tf } from '../../src/tensorflow/index.js'
import { lowered } from '../../src/tensorflow/lowered.js'

describe('operations that XLA is told of once for each shape', () => {
  it('give what they give outside jit, at every rank', () => {
    for (const name of lowered) {
      const apply = (x: tf.Tensor) => rawOp(name, [], [x])[0]!
      const jitted = jit((...inputs: tf.Tensor[]) => inputs.map(apply), { compile: 'xla' })
      const ones = name === 'Acosh' ? 1 : 0.1
      const matrix = tf.tensor2d([ones, ones + 0.2, ones + 0.4, ones + 0.8], [2, 2])
      // Softmax wants an axis.
      const inputs = /softmax/i.test(name) ? [matrix] : [matrix, tf.scalar(ones + 0.3), tf.reshape(matrix, [4])]
      for (const [i, result] of jitted(...inputs).entries()) {
        const expected = apply(inputs[i]!)
        assert.deepEqual(result.shape, expected.shape)
        const off = tf.max(tf.abs(tf.sub(result, expected))).dataSync()[0]!
        assert.ok(off < 1e-5, `${name} of [${result.shape}] is ${off} off`)
      }
    }
  }).timeout(60_000)

  it('are compiled about as soon as others', () => {
    const seconds = (f: (x: tf.Tensor) => tf.Tensor) => {
      const many = jit((x: tf.Tensor) => tf.addN(Array.from({ length: 300 }, (_, i) => f(tf.add(x, i)))), {
        compile: 'xla',
      })
      const began = performance.now()
      many(tf.ones([4])).dataSync()
      return (performance.now() - began) / 1000
    }
    const tries = Array.from({ length: 3 }, (_, i) => ({
      log: seconds(x => tf.log(tf.add(x, i))),
      sqrt: seconds(x => tf.sqrt(tf.add(x, i))),
    }))
    const [log, sqrt] = [Math.min(...tries.map(({ log }) => log)), Math.min(...tries.map(({ sqrt }) => sqrt))]
    // TensorFlow translates logarithms by itself. One by one, square roots would take 1.5 s more.
    assert.ok(sqrt < log + 0.75, `${sqrt} s, and ${log} s for logarithms`)
  }).timeout(60_000)
})
