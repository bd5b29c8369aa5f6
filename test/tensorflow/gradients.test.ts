import assert from 'node:assert/strict'
import { broadcast, randomKey, randomNormal, tf } from '../../src/tensorflow/index.js'

const normal = (seed: number, shape: number[]) => randomNormal(shape, randomKey(seed))

function assertEqual(actual: tf.Tensor, expected: tf.Tensor): void {
  assert.deepEqual(actual.shape, expected.shape)
  assert.ok(actual.sub(expected).abs().max().dataSync()[0]! < 1e-5, `${actual}, expected ${expected}`)
}

/** Σ f(x)·c: a scalar whose gradient has no symmetry that could hide a mistake. */
const weighted = (y: tf.Tensor) => y.mul(normal(99, y.shape)).sum() as tf.Scalar

describe('gradients on the device', () => {
  it('sum and mean, over every choice of axes', () => {
    const x = normal(1, [2, 3, 4])
    for (const axes of [undefined, 0, [1], [0, 2], [-1]]) {
      for (const keep of [false, true]) {
        const shape = x.sum(axes, true).shape
        const c = normal(99, x.sum(axes, keep).shape)
        const expected = c.reshape(shape).mul(tf.onesLike(x))
        assertEqual(tf.grad((x: tf.Tensor) => x.sum(axes, keep).mul(c).sum())(x), expected)
        const count = x.size / c.size
        assertEqual(tf.grad((x: tf.Tensor) => x.mean(axes, keep).mul(c).sum())(x), expected.div(count))
      }
    }
  })

  it('tile, of any rank', () => {
    for (const [shape, reps] of [
      [[3], [4]],
      [
        [2, 3],
        [2, 1],
      ],
      [
        [1, 2, 1, 3, 1],
        [2, 3, 1, 1, 2],
      ],
    ] as [number[], number[]][]) {
      const x = normal(2, shape)
      const viaConcat = (x: tf.Tensor) => reps.reduce((y, n, axis) => tf.concat(Array<tf.Tensor>(n).fill(y), axis), x)
      assertEqual(
        tf.grad((x: tf.Tensor) => weighted(tf.tile(x, reps)))(x),
        tf.grad((x: tf.Tensor) => weighted(viaConcat(x)))(x),
      )
    }
  })

  it('cumsum, over every axis, from either end', () => {
    const x = normal(7, [2, 3, 4])
    for (const axis of [0, 1, 2]) {
      for (const exclusive of [false, true]) {
        for (const reverse of [false, true]) {
          const slices = (t: tf.Tensor) => tf.unstack(t, axis)
          const sums = (x: tf.Tensor) =>
            tf.stack(
              slices(x).map((_, i, all) => {
                const to = exclusive ? i : i + 1
                const from = exclusive ? i + 1 : i
                const terms = reverse ? all.slice(from) : all.slice(0, to)
                return terms.length > 0 ? tf.addN(terms) : tf.zerosLike(all[0]!)
              }),
              axis,
            )
          const c = normal(8, x.shape)
          const cumulated = (x: tf.Tensor) => tf.cumsum(x, axis, exclusive, reverse)
          assertEqual(cumulated(x), sums(x))
          assertEqual(
            tf.grad((x: tf.Tensor) => cumulated(x).mul(c).sum())(x),
            tf.grad((x: tf.Tensor) => sums(x).mul(c).sum())(x),
          )
        }
      }
    }
  })

  it('matMul with a broadcast batch and every transposition', () => {
    for (const transposeA of [false, true]) {
      for (const transposeB of [false, true]) {
        const a = normal(3, [2, 3, ...(transposeA ? [5, 4] : [4, 5])])
        const b = normal(4, [1, 3, ...(transposeB ? [6, 5] : [5, 6])])
        const f = (a: tf.Tensor, b: tf.Tensor) => weighted(tf.matMul(a, b, transposeA, transposeB))
        // The same with the broadcast written out by hand.
        const g = (a: tf.Tensor, b: tf.Tensor) => f(a, tf.concat([b, b], 0))
        const [ofA, ofB] = tf.grads(f)([a, b])
        const [wantA, wantB] = tf.grads(g)([a, b])
        assertEqual(ofA!, wantA!)
        assertEqual(ofB!, wantB!)
      }
    }
  })

  it('broadcast sums back', () => {
    const x = normal(5, [3, 1])
    const c = normal(6, [2, 3, 4])
    assertEqual(broadcast(x, [2, 3, 4]), x.add(tf.zeros([2, 3, 4])))
    assertEqual(tf.grad((x: tf.Tensor) => broadcast(x, [2, 3, 4]).mul(c).sum())(x), c.sum([0, 2]).reshape([3, 1]))
  })

  it('a comparison of what is being differentiated is constant', () => {
    const x = tf.tensor1d([-1, 2, 3])
    assertEqual(tf.grad((x: tf.Tensor) => tf.where(tf.greater(x, 1), x.mul(2), x).sum())(x), tf.tensor1d([1, 2, 2]))
  })

  it('can be differentiated again', () => {
    // d/dx Σ (∂ mean(x³)/∂x)² over two rows of two: (3x²/2)² → 9x³
    const inner = tf.grad((x: tf.Tensor) => x.pow(3).mean(1).sum())
    const outer = tf.grad((x: tf.Tensor) => inner(x).square().sum())
    assert.deepEqual(
      outer(
        tf.tensor2d([
          [1, 2],
          [3, 4],
        ]),
      ).arraySync(),
      [
        [9, 72],
        [243, 576],
      ],
    )
  })
})
