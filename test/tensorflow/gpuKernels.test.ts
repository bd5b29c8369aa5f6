import assert from 'node:assert/strict'
import fc from 'fast-check'
import { tf } from '../../src/tensorflow/index.js'
import { dilatedDepthwise, weightedCounts } from '../../src/tensorflow/kernels/gpu.js'

/** What stands in on a GPU for kernels that TensorFlow has for the processor alone, beside those, on the processor. */
describe('Kernels for GPUs', () => {
  it('convolve depthwise with gaps as the processor does', () => {
    const gap = fc.integer({ min: 1, max: 4 })
    const size = fc.integer({ min: 1, max: 3 })
    const pad = fc.constantFrom('valid' as const, 'same' as const, 'explicit' as const)
    fc.assert(
      fc.property(gap, gap, size, size, pad, fc.integer(), (down, across, height, width, pad, seed) => {
        const x = tf.randomNormal([2, 11, 13, 3], 0, 1, 'float32', seed) as tf.Tensor4D
        const filter = tf.randomNormal([height, width, 3, 2], 0, 1, 'float32', seed + 1) as tf.Tensor4D
        const rows: [[0, 0], [number, number], [number, number], [0, 0]] = [
          [0, 0],
          [2, 1],
          [0, 3],
          [0, 0],
        ]
        const padding = pad === 'explicit' ? rows : pad
        const given = {
          strides: [1, 1] as [number, number],
          pad: padding,
          dilations: [down, across] as [number, number],
        }
        const ours = dilatedDepthwise(x, filter, given, parts =>
          tf.depthwiseConv2d(parts as tf.Tensor4D, filter, 1, 'valid'),
        )
        const theirs = tf.depthwiseConv2d(x, filter, 1, padding as never, 'NHWC', [down, across])
        assert.deepEqual(ours.shape, theirs.shape)
        assert.ok(tf.max(tf.abs(tf.sub(ours, theirs))).dataSync()[0]! < 1e-5)
        tf.dispose([x, filter, ours, theirs])
      }),
      { numRuns: 60, seed: 1 },
    )
  })

  it('count with weights as the processor does, and leave out what is beyond the size', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(9), fc.float({ min: -4, max: 4, noNaN: true })), { minLength: 1 }),
        pairs => {
          const numbers = tf.tensor1d(
            pairs.map(([number]) => number),
            'int32',
          )
          const weights = tf.tensor1d(pairs.map(([, weight]) => weight))
          const ours = weightedCounts(numbers, weights, 6)
          const theirs = tf.bincount(numbers, weights, 6)
          assert.deepEqual(ours.shape, [6])
          assert.ok(tf.max(tf.abs(tf.sub(ours, theirs))).dataSync()[0]! < 1e-4)
          tf.dispose([numbers, weights, ours, theirs])
        },
      ),
      { numRuns: 100, seed: 1 },
    )
  })
})
