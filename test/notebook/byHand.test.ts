import assert from 'node:assert/strict'
import * as adt from '../../src/index.js'

const { tf } = adt

describe('a run written out in a cell', () => {
  it('gives what sample gives, and a gradient', async function () {
    this.timeout(120_000)
    const model = await adt.load('emoji')
    const sampler = adt.ddim(model.schedule, 2)
    const prompts = ['red apple']
    const condition = adt.encodePrompts(model, prompts)
    const noise = adt.randomNormal([1, 32, 32, 3], adt.randomKey(5)) as adt.tf.Tensor4D
    const run = (start: adt.tf.Tensor) =>
      sampler.steps.reduce((x, { t, own }) => {
        const output = adt.denoise(model.network.weights, model.network, x as adt.tf.Tensor4D, t, condition)
        return tf.add(tf.mul(x, own.x), tf.mul(output, own.output))
      }, start)
    const expected = await adt.sample(model, { prompts, sampler, guidance: 1, seed: 5 })
    const furthest = tf.max(tf.abs(tf.sub(tf.clipByValue(run(noise), -1, 1), expected))).dataSync()[0]!
    assert.ok(furthest < 1e-4, `apart by ${furthest}`)
    const gradient = tf.grad(run)(noise)
    assert.ok((tf.norm(gradient).dataSync()[0] as number) > 0.1)
    adt.disposeDiffusionModel(model)
  })
})
