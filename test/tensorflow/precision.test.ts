import assert from 'node:assert/strict'
import {
  jit,
  type Precision,
  randomKey,
  randomNormal,
  tf,
  usesTensorFloat32,
  useTensorFloat32,
} from '../../src/tensorflow/index.js'

const normal = (seed: number, shape: number[]) => randomNormal(shape, randomKey(seed))

/** To eight significant bits, half to even, as bfloat16 keeps them. */
function rounded(x: tf.Tensor): tf.Tensor {
  const bits = new Uint32Array((x.dataSync() as Float32Array).slice().buffer)
  const kept = bits.map(word => ((word + 0x7fff + ((word >>> 16) & 1)) & 0xffff0000) >>> 0)
  return tf.tensor(new Float32Array(kept.buffer), x.shape)
}

/** ‖a − b‖ / ‖b‖ */
const distance = (a: tf.Tensor, b: tf.Tensor) => tf.norm(tf.sub(a, b)).div(tf.norm(b)).dataSync()[0]!

describe("jit with precision: 'bfloat16'", () => {
  for (const compile of ['graph', 'xla'] as const) {
    it(`rounds what a product reads and gives float32 (${compile})`, () => {
      const [a, b] = [normal(1, [64, 256]), normal(2, [256, 32])]
      const product = (a: tf.Tensor, b: tf.Tensor) => tf.matMul(a, b)
      const got = jit(product, { compile, precision: 'bfloat16' })(a, b)
      assert.equal(got.dtype, 'float32')
      // What is left is the rounding of the result to bfloat16: at most 2⁻⁹ of it, the sums being in float32.
      assert.ok(distance(got, product(rounded(a), rounded(b))) < 2 ** -9)
      assert.ok(distance(got, product(a, b)) > 1e-4, 'it is not float32')
      assert.ok(distance(jit(product, { compile })(a, b), product(a, b)) < 1e-6, 'which is the default')
    }).timeout(30000)

    it(`rounds in convolutions and in gradients, and nowhere else (${compile})`, () => {
      const [x, w] = [normal(3, [2, 8, 8, 4]), normal(4, [3, 3, 4, 4])]
      const gradients = (x: tf.Tensor, w: tf.Tensor) =>
        tf.grads((x: tf.Tensor, w: tf.Tensor) =>
          tf
            .conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, 'same')
            .square()
            .sum(),
        )([x, w])
      const got = jit(gradients, { compile, precision: 'bfloat16' })(x, w)
      for (const [i, want] of gradients(x, w).entries()) {
        assert.equal(got[i]!.dtype, 'float32')
        const off = distance(got[i]!, want)
        assert.ok(off > 1e-4 && off < 0.01, `gradient ${i}: ${off}`)
      }
      const elsewhere = (x: tf.Tensor) => tf.softmax(x.sub(x.mean(3, true)).div(3).exp())
      assert.ok(distance(jit(elsewhere, { compile, precision: 'bfloat16' })(x), elsewhere(x)) < 1e-6)
    }).timeout(30000)
  }

  it('within another jit: what the inner function says, else as the outer', () => {
    const [a, b] = [normal(5, [16, 64]), normal(6, [64, 16])]
    const exact = tf.matMul(a, b)
    const rounds = (inner: Precision | undefined, outer: Precision | undefined) => {
      const multiply = jit((a: tf.Tensor, b: tf.Tensor) => tf.matMul(a, b), inner ? { precision: inner } : {})
      const whole = jit(
        (a: tf.Tensor, b: tf.Tensor) => [multiply(a, b), tf.matMul(a, b)],
        outer ? { precision: outer } : {},
      )
      return whole(a, b).map(product => distance(product, exact) > 1e-4)
    }
    assert.deepEqual(rounds('float32', 'bfloat16'), [false, true])
    assert.deepEqual(rounds('bfloat16', 'float32'), [true, false])
    assert.deepEqual(rounds('bfloat16', undefined), [true, false])
    assert.deepEqual(rounds(undefined, 'bfloat16'), [true, true])
  })
})

describe('useTensorFloat32', () => {
  it("is on at the start, and is TensorFlow's own switch", () => {
    assert.equal(usesTensorFloat32(), true)
    useTensorFloat32(false)
    try {
      assert.equal(usesTensorFloat32(), false)
    } finally {
      useTensorFloat32(true)
    }
    assert.equal(usesTensorFloat32(), true)
  })
})
