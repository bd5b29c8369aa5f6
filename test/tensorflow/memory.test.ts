import assert from 'node:assert/strict'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { outOfMemory } from '../../src/tensorflow/failures.js'
import { forgetPeak, jit, memory, randomKey, randomNormal, tf } from '../../src/tensorflow/index.js'
import { adamw, adamwNumbers } from '../../src/tuning/adamw.js'

setFlagsFromString('--expose-gc')
const collectGarbage: () => void = runInNewContext('gc')

const device = () => memory().device!
const MiB = 2 ** 20

describe("memory, by TensorFlow's allocator", () => {
  it('follows what is made and disposed of', () => {
    const before = device().used
    const tensor = tf.randomUniform([1024, 1024]).add(1)
    tensor.dataSync()
    assert.ok(device().used >= before + 4 * MiB, `${device().used}, before ${before}`)
    assert.ok(device().limit > device().peak && device().peak >= device().used)
    tensor.dispose()
    assert.ok(device().used < before + 4.5 * MiB)
  })

  it('has a peak that sees inside a jitted call, and can be forgotten', () => {
    const grow = jit((x: tf.Tensor) => tf.tile(x, [64, 1]).square().sum(), { compile: 'graph' })
    const x = tf.ones([256, 256])
    grow(x).dataSync()
    forgetPeak()
    const quiet = device()
    assert.equal(quiet.peak, quiet.used)
    grow(x).dataSync()
    assert.ok(device().peak >= quiet.used + 16 * MiB, 'the 16 MiB within')
    assert.ok(device().used < quiet.used + MiB)
  })

  it('does not grow over 1,000 jitted training steps', () => {
    const settings = { betas: [0.9, 0.999] as const, epsilon: 1e-8, weightDecay: 0.01, clip: 1 }
    const step = jit((weights: Weights, moments: { mean: Weights; square: Weights }, x: tf.Tensor, n: tf.Tensor1D) => {
      const names = Object.keys(weights)
      const { value, grads } = tf.valueAndGrads((...values: tf.Tensor[]) => {
        const named = Object.fromEntries(names.map((name, i) => [name, values[i]!]))
        return network(named, x).sub(x).square().mean() as tf.Scalar
      })(Object.values(weights))
      const gradients = Object.fromEntries(names.map((name, i) => [name, grads[i]!]))
      return { loss: value, ...adamw(weights, moments, gradients, n, settings) }
    })
    let weights = initialWeights()
    const zeros = () => tf.tidy(() => Object.fromEntries(Object.entries(weights).map(([k, w]) => [k, tf.zerosLike(w)])))
    let moments = { mean: zeros(), square: zeros() }
    const losses: number[] = []
    const iterate = (i: number) => {
      const x = tf.tidy(() => randomNormal([2, 16, 16, channels], randomKey(1, i)))
      const numbers = adamwNumbers(1e-3, i + 1, settings)
      const { weights: nextWeights, moments: nextMoments, ...scalars } = step(weights, moments, x, numbers)
      losses.push(scalars.loss.dataSync()[0]!)
      tf.dispose([weights, moments, x, numbers, scalars])
      weights = nextWeights
      moments = nextMoments
    }
    const warmUp = 200
    for (let i = 0; i < warmUp; i++) iterate(i)
    collectGarbage()
    const before = memory()
    for (let i = 0; i < 1000; i++) iterate(warmUp + i)
    collectGarbage()
    const after = memory()
    assert.ok(losses.at(-1)! < 0.5 * losses[0]!, 'it learns')
    assert.equal(after.tensors, before.tensors)
    assert.equal(after.bytes, before.bytes)
    assert.ok(before.device!.used > 3 * 9 * channels ** 2 * 4, 'weights and moments are counted')
    // One piece more or less may be on its way back; one kept in each iteration would be hundreds of MiB.
    assert.ok(
      after.device!.used - before.device!.used < 2 ** 20,
      `${before.device!.used} to ${after.device!.used} on the device`,
    )
    // V8's heap and the C library's breathe by some MiB; the convolution's gradient kept 1,000 times would be 563 MiB.
    const grown = (after.process - before.process) / MiB
    assert.ok(grown < 16, `resident memory grew by ${grown} MiB`)
    tf.dispose([weights, moments])
  }).timeout(120000)
})

type Weights = Record<string, tf.Tensor>

/** So many that a batch of images and the convolution's weights are large enough for the allocator to count. */
const channels = 128

const initialWeights = (): Weights =>
  tf.tidy(() => ({
    conv: randomNormal([3, 3, channels, channels], randomKey(2)).mul(0.02),
    bias: tf.zeros([channels]),
    q: randomNormal([channels, channels], randomKey(3)).mul(0.05),
    k: randomNormal([channels, channels], randomKey(4)).mul(0.05),
    out: randomNormal([channels, channels], randomKey(5)).mul(0.05),
  }))

/** A convolution, attention over the positions, and a projection. */
function network(weights: Weights, x: tf.Tensor): tf.Tensor {
  const [batch, height, width, channels] = x.shape as [number, number, number, number]
  const hidden = tf.conv2d(x as tf.Tensor4D, weights.conv as tf.Tensor4D, 1, 'same').add(weights.bias!)
  const tokens = hidden.mul(hidden.sigmoid()).reshape([batch * height * width, channels])
  const [q, k, v] = ['q', 'k', 'out'].map(name =>
    tf.matMul(tokens, weights[name]!).reshape([batch, height * width, channels]),
  )
  const scores = tf.softmax(tf.matMul(q!, k!, false, true).mul(1 / Math.sqrt(channels)))
  return tf.matMul(scores, v!).reshape(x.shape).add(hidden)
}

describe('when memory runs out', () => {
  it('a jitted function says at which operation, what there was no room for, what is in use, and what to do', () => {
    const enlarge = (x: tf.Tensor) => tf.tile(x, [1000, 1000]).square().add(x.sum())
    const x = tf.ones([1000, 1000])
    const remedy = 'In use: [\\d.]+ \\w+ of [\\d.]+ GiB.*smaller batch.*bfloat16'
    // TensorFlow's allocator waits ten seconds for memory to come free.
    assert.throws(
      () => jit(enlarge, { compile: 'graph' })(x),
      new RegExp(
        `^Error: enlarge \\(Tile\\): out of memory, there is no room for a tensor of shape \\[1000000,1000000\\] \\(3.64 TiB\\).*${remedy}`,
      ),
    )
    // As XLA puts it, which keeps one waiting for as long.
    const message = outOfMemory('enlarge', 'Out of memory while trying to allocate 3.64TiB.')
    assert.match(message, new RegExp(`^enlarge: out of memory, there is no room for 3.64 TiB.*${remedy}`))
    assert.match(outOfMemory('f', 'Out of memory while trying to allocate 1610612736 bytes.'), /no room for 1\.5 GiB/)
    assert.equal(tf.scalar(1).add(1).arraySync(), 2, 'and TensorFlow goes on')
  }).timeout(60000)
})
