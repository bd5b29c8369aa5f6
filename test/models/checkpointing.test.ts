import assert from 'node:assert/strict'
import { denoise, encodePrompts, latentShape, type Weights } from '../../src/models/index.js'
import { randomModel } from '../../src/pretraining/index.js'
import { forgetPeak, jit, memory, randomKey, randomNormal, recomputed, tf } from '../../src/tensorflow/index.js'
import { gradientsOf } from '../../src/tuning/index.js'

/** Largest difference, relative to the largest element. */
function apart(a: tf.Tensor, b: tf.Tensor): number {
  const [x, y] = [a.dataSync(), b.dataSync()]
  const largest = Math.max(...y.map(Math.abs), 1e-12)
  return Math.max(...x.map((value, i) => Math.abs(value - y[i]!))) / largest
}

describe('a checkpointed network', () => {
  for (const layout of ['sdxl', 'sd3'] as const) {
    it(`${layout}: has the same output and gradients, compiled and not, and takes less memory`, async function () {
      this.timeout(60_000)
      const model = await randomModel(layout)
      const { network } = model
      const [height, width, channels] = latentShape(model)
      // Larger images than the small models', so that what is kept is larger than what is not; SD3 has no positions for them.
      const times = layout === 'sd3' ? 1 : 4
      const x = randomNormal<tf.Rank.R4>([4, times * height, times * width, channels], randomKey(1))
      const cotangent = randomNormal<tf.Rank.R4>([8, ...x.shape.slice(1)] as [8, number, number, number], randomKey(2))
      const condition = encodePrompts(model, ['', '', '', '', 'a red apple', 'a cat', 'a dog', 'a boat'])
      const pullBack = (checkpointing: boolean) => (weights: Weights) =>
        gradientsOf(
          () => denoise(weights, network, x, tf.tensor1d([5]), condition, { checkpointing }),
          weights,
          cotangent,
        )
      const plain = pullBack(false)(network.weights)
      const peaks: number[] = []
      for (const checkpointing of [false, true]) {
        const compiled = jit(pullBack(checkpointing), { compile: 'graph' })
        tf.dispose(compiled(network.weights) as unknown as tf.TensorContainer)
        forgetPeak()
        const before = memory().device?.used ?? 0
        const { value, gradients } = compiled(network.weights)
        peaks.push((memory().device?.peak ?? 0) - before)
        if (!checkpointing) continue
        assert.ok(apart(value, plain.value) < 1e-5)
        for (const [name, gradient] of Object.entries(gradients))
          assert.ok(apart(gradient, plain.gradients[name]!) < 1e-4, name)
      }
      const { value, gradients } = pullBack(true)(network.weights)
      assert.ok(apart(value, plain.value) < 1e-5)
      for (const [name, gradient] of Object.entries(gradients))
        assert.ok(apart(gradient, plain.gradients[name]!) < 1e-4, name)
      // SD3's are too small for TensorFlow to count: pieces of 256 KiB and more.
      if (memory().device && times > 1)
        assert.ok(peaks[1]! < 0.75 * peaks[0]!, `${peaks[1]} bytes, ${peaks[0]} without`)
    })
  }

  it('keeps only what goes into it, and gives a gradient to all that does', () => {
    const [a, b, unused] = [tf.scalar(2), tf.scalar(3), tf.scalar(4)]
    let times = 0
    const f = (a: tf.Tensor, b: tf.Tensor, unused: tf.Tensor) =>
      recomputed([a, b, unused], ([a, b]) => {
        times++
        return tf.mul(tf.square(a!), tf.exp(b!))
      })
    const gradients = tf.grads((a, b, unused) => tf.mul(f(a!, b!, unused!), a!))([a, b, unused])
    const values = gradients.map(gradient => gradient.dataSync()[0]!)
    const e = Math.exp(3)
    for (const [i, expected] of [3 * 4 * e, 8 * e, 0].entries())
      assert.ok(Math.abs(values[i]! - expected) < 1e-3, `${values[i]} ${expected}`)
    assert.equal(times, 2)
  })
})
