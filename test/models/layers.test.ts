import assert from 'node:assert/strict'
import { gelu, geluTanh, quickGelu, silu } from '../../src/models/activations.js'
import { bicubicMatrix } from '../../src/models/bicubic.js'
import { clipText, initClipText, initUnet2DCondition, unet2DCondition } from '../../src/models/index.js'
import { conv2d, patchEmbedding, upsample2x } from '../../src/models/layers.js'
import { groupNorm, layerNorm, rmsNorm, unitNorm } from '../../src/models/norms.js'
import { tf } from '../../src/tensorflow/index.js'
import { smallText, smallUnet } from './small.js'

/** Numbers without a pattern, the same at every run. */
const numbers = (shape: number[], seed = 1) =>
  tf.tensor(
    Float32Array.from(
      { length: shape.reduce((a, b) => a * b, 1) },
      (_, i) => Math.sin(i * 12.9898 + seed * 78.233) * 2,
    ),
    shape,
  )

/** The gradient of a random projection of f agrees with TF.js's own of a plain formulation of the same function. */
function sameGradients(
  f: (...xs: tf.Tensor[]) => tf.Tensor,
  plain: (...xs: tf.Tensor[]) => tf.Tensor,
  xs: tf.Tensor[],
) {
  tf.tidy(() => {
    const value = plain(...xs)
    close(f(...xs), value)
    const cotangent = numbers(value.shape, 9)
    const gradients = (g: typeof f) => tf.grads((...xs) => tf.sum(tf.mul(g(...xs), cotangent)))(xs)
    const expected = gradients(plain)
    for (const [i, gradient] of gradients(f).entries()) close(gradient, expected[i]!)
  })
}

function close(got: tf.Tensor, expected: tf.Tensor) {
  assert.deepEqual(got.shape, expected.shape)
  const [a, b] = [got.dataSync<'float32'>(), expected.dataSync<'float32'>()]
  const scale = b.reduce((max, value) => Math.max(max, Math.abs(value)), 0)
  for (const [i, value] of a.entries()) {
    assert.ok(Math.abs(value - b[i]!) <= 1e-6 + 2e-5 * scale, `${value} instead of ${b[i]}`)
  }
}

describe('layers', () => {
  it('group norm, with and without SiLU, against the textbook formula', () => {
    for (const silu of [false, true]) {
      sameGradients(
        (x, gamma, beta) =>
          groupNorm({ 'n.weight': gamma!, 'n.bias': beta! }, 'n', x as tf.Tensor4D, { groups: 3, epsilon: 1e-5, silu }),
        (x, gamma, beta) => {
          const grouped = tf.reshape(x!, [2, 20, 3, 2])
          const { mean, variance } = tf.moments(grouped, [1, 3], true)
          const unit = tf.reshape(tf.div(tf.sub(grouped, mean), tf.sqrt(tf.add(variance, 1e-5))), x!.shape)
          const y = tf.add(tf.mul(unit, gamma!), beta!)
          return silu ? tf.mul(y, tf.sigmoid(y)) : y
        },
        [numbers([2, 4, 5, 6]), numbers([6], 2), numbers([6], 3)],
      )
    }
  })

  it('layer norm against the textbook formula', () => {
    sameGradients(
      (x, gamma, beta) => layerNorm({ 'n.weight': gamma!, 'n.bias': beta! }, 'n', x!, 1e-5),
      (x, gamma, beta) => {
        const { mean, variance } = tf.moments(x!, -1, true)
        return tf.add(tf.mul(tf.div(tf.sub(x!, mean), tf.sqrt(tf.add(variance, 1e-5))), gamma!), beta!)
      },
      [numbers([2, 3, 7]), numbers([7], 2), numbers([7], 3)],
    )
  })

  it('layer norm without parameters and RMS norm against the textbook formulas', () => {
    sameGradients(
      x => unitNorm(x!, 1e-6),
      x => {
        const { mean, variance } = tf.moments(x!, -1, true)
        return tf.div(tf.sub(x!, mean), tf.sqrt(tf.add(variance, 1e-6)))
      },
      [numbers([2, 3, 7])],
    )
    sameGradients(
      (x, gamma) => rmsNorm({ 'n.weight': gamma! }, 'n', x!, 1e-6),
      (x, gamma) => tf.mul(tf.div(x!, tf.sqrt(tf.add(tf.mean(tf.square(x!), -1, true), 1e-6))), gamma!),
      [numbers([2, 3, 7]), numbers([7], 2)],
    )
  })

  it('activations against their definitions', () => {
    const x = numbers([40])
    sameGradients(
      x => silu(x!),
      x => tf.mul(x!, tf.sigmoid(x!)),
      [x],
    )
    sameGradients(
      x => quickGelu(x!),
      x => tf.mul(x!, tf.sigmoid(tf.mul(1.702, x!))),
      [x],
    )
    sameGradients(
      x => gelu(x!),
      x => tf.mul(tf.mul(0.5, x!), tf.add(1, tf.erf(tf.div(x!, Math.SQRT2)))),
      [x],
    )
    sameGradients(
      x => geluTanh(x!),
      x => {
        const inner = tf.mul(Math.sqrt(2 / Math.PI), tf.add(x!, tf.mul(0.044715, tf.pow(x!, 3))))
        return tf.mul(tf.mul(0.5, x!), tf.add(1, tf.tanh(inner)))
      },
      [x],
    )
  })

  it('doubling an image repeats its pixels', () => {
    sameGradients(
      x => upsample2x(x as tf.Tensor4D),
      x => tf.image.resizeNearestNeighbor(x as tf.Tensor4D, [6, 8]),
      [numbers([2, 3, 4, 5])],
    )
  })

  it('a patch embedding is a convolution with its stride', () => {
    for (const side of [8, 9]) {
      sameGradients(
        (x, kernel) => patchEmbedding({ 'p.weight': kernel! }, 'p', x as tf.Tensor4D),
        (x, kernel) => tf.reshape(tf.conv2d(x as tf.Tensor4D, kernel as tf.Tensor4D, 4, 'valid'), [2, 4, 5]),
        [numbers([2, side, side, 3]), numbers([4, 4, 3, 5], 2)],
      )
    }
  })

  it('a stride of 2 pads both sides, as torch does', () => {
    tf.tidy(() => {
      const weights = { 'c.weight': tf.ones([3, 3, 1, 1]), 'c.bias': tf.zeros([1]) }
      const y = conv2d(weights, 'c', tf.ones([1, 4, 4, 1]), { stride: 2 })
      assert.deepEqual([...y.dataSync()], [4, 6, 6, 9])
    })
  })

  it('bicubic rows add up to 1, and the same size is the identity', () => {
    for (const [inputs, outputs] of [
      [5, 7],
      [7, 5],
      [16, 3],
    ] as const) {
      const matrix = bicubicMatrix(inputs, outputs)
      for (let row = 0; row < outputs; row++) {
        const sum = matrix.slice(row * inputs, (row + 1) * inputs).reduce((a, b) => a + b, 0)
        assert.ok(Math.abs(sum - 1) < 1e-6)
      }
    }
    assert.deepEqual([...bicubicMatrix(3, 3)], [1, 0, 0, 0, 1, 0, 0, 0, 1])
  })
})

describe('networks', () => {
  it('random weights depend on the seed and the name alone', () => {
    tf.tidy(() => {
      const [a, b, c] = [1, 1, 2].map(seed => initUnet2DCondition(smallUnet, seed)['conv_in.weight']!.dataSync())
      assert.deepEqual(a, b)
      assert.notDeepEqual(a, c)
      const bound = 1 / Math.sqrt(27)
      assert.ok(a!.every(value => Math.abs(value) <= bound))
      assert.ok(a!.some(value => Math.abs(value) > 0.8 * bound))
    })
  })

  it('the UNet takes odd sizes, and one time for all', () => {
    tf.tidy(() => {
      const weights = initUnet2DCondition(smallUnet, 1)
      const x = numbers([2, 7, 5, 3]) as tf.Tensor4D
      const context = numbers([2, 6, 12]) as tf.Tensor3D
      const y = unet2DCondition(weights, smallUnet, x, 40, context)
      assert.deepEqual(y.shape, [2, 7, 5, 3])
      close(unet2DCondition(weights, smallUnet, x, tf.tensor1d([40, 40]), context), y)
    })
  })

  it('a text is not told what follows: later tokens do not change earlier states', () => {
    tf.tidy(() => {
      const weights = initClipText(smallText, 1)
      const states = (ids: number[]) =>
        clipText(weights, smallText, tf.tensor2d([ids], [1, 4], 'int32')).lastHiddenState.slice([0, 0, 0], [1, 2, 12])
      close(states([12, 3, 4, 13]), states([12, 3, 9, 13]))
      assert.throws(
        () => clipText(weights, smallText, tf.zeros([1, 7], 'int32')),
        /7 tokens, but max_position_embeddings is 6/,
      )
    })
  })

  it('a text ends at its first end token, also when padding repeats it', () => {
    tf.tidy(() => {
      const weights = initClipText(smallText, 1)
      for (const eos_token_id of [13, 2]) {
        const ids = tf.tensor2d(
          [
            [12, 5, 13, 13],
            [12, 13, 13, 13],
          ],
          [2, 4],
          'int32',
        )
        const { pooled, lastHiddenState } = clipText(weights, { ...smallText, eos_token_id }, ids)
        const states = lastHiddenState.arraySync()
        assert.deepEqual(pooled.arraySync(), [states[0]![2], states[1]![1]])
      }
    })
  })
})
