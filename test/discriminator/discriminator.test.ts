import assert from 'node:assert/strict'
import {
  createDiscriminator,
  discriminatorGradients,
  generatorGradient,
  type ImagePairs,
  trainableNames,
} from '../../src/discriminator/discriminator.js'
import { resizeTensor } from '../../src/discriminator/features.js'
import { isBuffer } from '../../src/discriminator/spectralNorm.js'
import { resizeImage } from '../../src/metrics/resize.js'
import { initDinov2 } from '../../src/models/index.js'
import { jit, randomKey, randomNormal, tf } from '../../src/tensorflow/index.js'

const featureConfig = {
  hidden_size: 12,
  num_hidden_layers: 3,
  num_attention_heads: 2,
  image_size: 16,
  patch_size: 4,
  // Larger than transformers starts with, so that the image matters.
  initializer_range: 0.3,
}
const settings = { hooks: [0, 2], outputs: 8, kernel: 5 }
const images = (seed: number) => tf.clipByValue(randomNormal([4, 16, 16, 3], randomKey(seed)), -1, 1) as tf.Tensor4D
const pairs: () => ImagePairs = () => ({ generated: images(1), real: images(2) })
const features = () => ({ config: featureConfig, weights: initDinov2(featureConfig, 3) })
const dot = (a: tf.Tensor, b: tf.Tensor) => tf.sum(tf.mul(a, b)).dataSync()[0]!

describe('discriminator', () => {
  for (const kind of ['siamese', 'single'] as const) {
    it(`gives the generator the derivative of its loss (${kind})`, () => {
      const { discriminator, weights } = createDiscriminator({ ...settings, kind }, features(), 5)
      const key = randomKey(11)
      const { generated, real } = pairs()
      const lossAt = (x: tf.Tensor4D) =>
        generatorGradient(discriminator, weights, { generated: x, real }, key).loss.dataSync()[0]!
      const { gradient, scores } = generatorGradient(discriminator, weights, { generated, real }, key)
      assert.deepEqual(scores.shape, [4, 2])
      const direction = tf.div(gradient, tf.norm(gradient)) as tf.Tensor4D
      const step = 0.02
      const difference =
        lossAt(tf.add(generated, tf.mul(direction, step))) - lossAt(tf.sub(generated, tf.mul(direction, step)))
      const slope = dot(gradient, direction)
      assert.ok(Math.abs(difference / (2 * step) - slope) < 0.03 * slope, `${difference / (2 * step)} ${slope}`)
    })

    it(`gives its own parameters the derivative of Eq. 9, the vectors of spectral normalisation none (${kind})`, () => {
      const { discriminator, weights } = createDiscriminator({ ...settings, kind }, features(), 5)
      const step = (online: typeof weights.online) =>
        discriminatorGradients(discriminator, { ...weights, online }, pairs(), randomKey(11))
      const { gradients, buffers, loss, real, generated } = step(weights.online)
      assert.deepEqual(Object.keys(gradients), trainableNames(weights.online))
      assert.ok(Object.keys(buffers).every(isBuffer))
      const hinge = tf.add(tf.relu(tf.sub(1, real)), tf.relu(tf.add(1, generated)))
      assert.ok(Math.abs(dot(hinge, tf.ones([4, 2])) / 4 - loss.dataSync()[0]!) < 1e-5)
      // Moving a convolution's weights would move u and v too.
      const name = 'heads.1.main.1.fn.1.bias'
      const slope = dot(gradients[name]!, gradients[name]!)
      const at = (size: number) =>
        step({
          ...weights.online,
          [name]: tf.add(weights.online[name]!, tf.mul(gradients[name]!, size)),
        }).loss.dataSync()[0]!
      const size = 0.01 / Math.sqrt(slope)
      const difference = (at(size) - at(-size)) / (2 * size)
      assert.ok(Math.abs(difference - slope) < 0.03 * slope, `${difference} ${slope}`)
    })
  }

  it('separates two kinds of images within a few steps of plain descent', () => {
    const { discriminator, weights } = createDiscriminator({ ...settings, augment: [] }, features(), 5)
    let online = weights.online
    const losses: number[] = []
    for (let i = 0; i < 12; i++) {
      const { gradients, buffers, loss } = discriminatorGradients(
        discriminator,
        { ...weights, online },
        pairs(),
        randomKey(i),
      )
      losses.push(loss.dataSync()[0]!)
      const stepped = trainableNames(online).map(name => [name, tf.sub(online[name]!, tf.mul(gradients[name]!, 0.2))])
      online = { ...online, ...buffers, ...Object.fromEntries(stepped) }
    }
    assert.ok(losses.at(-1)! < losses[0]! - 0.5, losses.map(x => x.toFixed(2)).join(' '))
  })

  it('augments an image and its reference alike when told so', () => {
    const { discriminator, weights } = createDiscriminator({ ...settings, sharedAugment: true }, features(), 5)
    const same = images(1)
    const { real, generated } = discriminatorGradients(
      discriminator,
      weights,
      { generated: same, real: same },
      randomKey(1),
    )
    assert.deepEqual([...real.dataSync()], [...generated.dataSync()])
  })

  it('gives the same when compiled, with the random choices of the key of each call', () => {
    const { discriminator, weights } = createDiscriminator(settings, features(), 5)
    const given = pairs()
    const compiled = jit((w: typeof weights, images: ImagePairs, key: tf.Tensor1D) => ({
      discriminator: discriminatorGradients(discriminator, w, images, key),
      generator: generatorGradient(discriminator, w, images, key),
    }))
    const distance = (a: tf.Tensor, b: tf.Tensor) => tf.norm(tf.sub(a, b)).dataSync()[0]! / tf.norm(b).dataSync()[0]!
    const losses = [1, 2].map(seed => {
      const key = randomKey(seed)
      const { discriminator: d, generator: g } = compiled(weights, given, key)
      const eager = discriminatorGradients(discriminator, weights, given, key)
      assert.ok(distance(d.real, eager.real) < 1e-4)
      const name = 'heads.1.main.1.fn.0.weight_orig'
      assert.ok(distance(d.gradients[name]!, eager.gradients[name]!) < 1e-3)
      const { gradient } = generatorGradient(discriminator, weights, given, key)
      assert.ok(distance(g.gradient, gradient) < 1e-3)
      return d.loss.dataSync()[0]!
    })
    assert.notEqual(losses[0], losses[1])
  })

  it('leaves no tensors behind but its results', () => {
    const { discriminator, weights } = createDiscriminator(settings, features(), 5)
    const given = pairs()
    const key = randomKey(1)
    const before = tf.memory().numTensors
    tf.dispose(discriminatorGradients(discriminator, weights, given, key) as unknown as tf.TensorContainer)
    tf.dispose(generatorGradient(discriminator, weights, given, key))
    assert.equal(tf.memory().numTensors, before)
  })

  it('names the setting that is wrong', () => {
    assert.throws(() => createDiscriminator({ hooks: [0, 3] }, features(), 1), /hooks: 3 is not among .* 0 … 2/)
    assert.throws(() => createDiscriminator({ hooks: [0], kernel: 4 }, features(), 1), /must be odd/)
    assert.throws(() => createDiscriminator({ hooks: [0], taus: 1 } as object, features(), 1), /taus/)
  })
})

describe('resizeTensor', () => {
  it('is the resize of the metrics, with a gradient', () => {
    const x = images(4)
    const resized = resizeTensor(x, 7, 20)
    assert.deepEqual(resized.shape, [4, 7, 20, 3])
    const expected = resizeImage(
      x.dataSync().subarray(0, 768),
      { height: 16, width: 16, channels: 3 },
      { height: 7, width: 20 },
      'bilinear',
    )
    const got = resized.dataSync()
    assert.ok(expected.every((value, i) => Math.abs(value - got[i]!) < 1e-5))
    const gradient = tf.grad(y => tf.sum(resizeTensor(y as tf.Tensor4D, 7, 20)))(x)
    assert.ok(Math.abs(dot(gradient, tf.onesLike(x)) - 4 * 7 * 20 * 3) < 1e-2)
  })
})
