import assert from 'node:assert/strict'
import { jit, memory, tf } from '../../src/tensorflow/index.js'

describe('tensorflow: jit, made ready on other threads', () => {
  it('compiles several functions while timers run, and calls them afterwards with the right values', async () => {
    const functions = [1, 2, 3].map(power =>
      jit(
        (x: tf.Tensor2D) => {
          let y = x
          for (let i = 0; i < 40; i++) y = tf.tanh(tf.matMul(y, x).add(power)) as tf.Tensor2D
          return { y, sum: y.sum() }
        },
        { compile: 'xla' },
      ),
    )
    const x = tf.fill([64, 64], 1 / 64) as tf.Tensor2D
    const before = memory().tensors
    let ticks = 0
    const timer = setInterval(() => ticks++, 1)
    await Promise.all(functions.map(f => f.ready(x)))
    clearInterval(timer)
    assert.ok(ticks > 0, 'nothing else could run meanwhile')
    assert.equal(memory().tensors, before)
    for (const [i, f] of functions.entries()) {
      const { y, sum } = f(x)
      let expected = x
      for (let k = 0; k < 40; k++) expected = tf.tanh(tf.matMul(expected, x).add(i + 1)) as tf.Tensor2D
      assert.ok(Math.abs(y.sub(expected).abs().max().dataSync()[0]!) < 1e-5)
      assert.ok(Math.abs(sum.dataSync()[0]! - expected.sum().dataSync()[0]!) < 1)
    }
  })

  it('works on arguments that are disposed of meanwhile', async () => {
    const double = jit((x: tf.Tensor) => x.mul(2), { compile: 'graph' })
    const x = tf.ones([8])
    const ready = double.ready(x)
    x.dispose()
    await ready
    assert.deepEqual([...double(tf.ones([8])).dataSync()], new Array(8).fill(2))
  })

  it('throws what a call throws', async () => {
    const gather = jit((x: tf.Tensor, i: tf.Tensor1D) => tf.gather(x, i), { compile: 'graph' })
    await assert.rejects(gather.ready(tf.ones([2]), tf.tensor1d([7], 'int32')), /gather|index|indices/i)
    await assert.rejects(jit((x: tf.Tensor) => tf.tensor1d(x.dataSync())).ready(tf.ones([2])), /values were asked for/)
  })
})
