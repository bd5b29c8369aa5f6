import assert from 'node:assert/strict'
import fc from 'fast-check'
import { jit, randomKey, randomNormal, randomUniform, tf } from '../../src/tensorflow/index.js'

/** What a program computes with: x goes through it; b, w and m are the same at every step. */
interface Inputs {
  /** [2, 4, 4, 3], as x */
  b: tf.Tensor4D
  /** A kernel, [3, 3, 3, 3] */
  w: tf.Tensor4D
  /** [3, 3] */
  m: tf.Tensor2D
}
const shape = [2, 4, 4, 3]

/** An operation that keeps the shape of x and its numbers moderate; `n`, 0 to 3, is its axis, its shift, its seed. */
type Operation = (x: tf.Tensor4D, inputs: Inputs, n: number) => tf.Tensor

const operations: Record<string, Operation> = {
  add: (x, { b }) => x.add(b),
  sub: (x, { b }) => x.sub(b),
  mul: (x, { b }) => x.mul(b),
  div: (x, { b }) => x.div(b.square().add(1)),
  addOfBroadcast: (x, { b }, n) => x.add(b.slice([0, 0, 0, 0], [1, 4, 1, 3]).mul(n)),
  mulByRow: (x, { m }) => x.mul(m.slice([1, 0], [1, 3]).reshape([3])),
  maximum: (x, { b }) => tf.maximum(x, b),
  minimum: (x, { b }) => tf.minimum(x, b),
  squaredDifference: (x, { b }) => tf.squaredDifference(x, b).add(0.1).sqrt(),
  pow: x => x.abs().add(0.5).pow(1.5).mul(0.3),
  atan2: (x, { b }) => tf.atan2(x, b.abs().add(0.5)),
  where: (x, { b }) => tf.where(tf.greater(x, b), x, b.mul(0.5)),
  greaterEqual: (x, { b }) => x.mul(tf.greaterEqual(x, b).toFloat()),
  less: (x, { b }) => tf.where(tf.less(x, b), x.neg(), x),
  sigmoid: x => x.sigmoid(),
  tanh: x => x.tanh(),
  relu: x => x.relu(),
  elu: x => x.elu(),
  leakyRelu: x => tf.leakyRelu(x, 0.1),
  softplus: x => x.softplus(),
  erf: x => x.mul(0.5).erf(),
  exp: x => x.clipByValue(-2, 1).exp(),
  log: x => x.abs().add(1).log(),
  rsqrt: x => x.square().add(0.5).rsqrt(),
  sin: x => x.sin(),
  cos: x => x.cos(),
  reciprocal: x => x.square().add(1).reciprocal(),
  sum: (x, _, n) => x.add(x.sum(n, true).mul(0.2)),
  mean: (x, _, n) => x.sub(x.mean(n, true)),
  max: (x, _, n) => x.mul(0.5).add(x.max(n, true)),
  min: (x, _, n) => x.mul(0.5).sub(x.min(n, true)),
  cumsum: (x, _, n) => tf.cumsum(x, n).mul(0.4),
  norm: x => x.div(x.square().sum(3, true).add(1).sqrt()),
  layerNorm: x => {
    const { mean, variance } = tf.moments(x, 3, true)
    return x.sub(mean).div(variance.add(0.1).sqrt())
  },
  softmax: x =>
    tf
      .softmax(x.reshape([2, 48]))
      .mul(10)
      .reshape(shape),
  logSoftmax: x => tf.logSoftmax(x),
  matMul: (x, { m }) => tf.matMul(x.reshape([32, 3]) as tf.Tensor2D, m).reshape(shape),
  matMulTransposed: (x, { m }) => tf.matMul(x.reshape([32, 3]) as tf.Tensor2D, m, false, true).reshape(shape),
  batchMatMul: (x, { b }) => {
    const [left, right] = [x, b].map(t => t.reshape([2, 16, 3]))
    return tf.matMul(tf.softmax(tf.matMul(left!, right!, false, true)), right!).reshape(shape)
  },
  conv2d: (x, { w }) => tf.conv2d(x, w, 1, 'same').mul(0.3),
  conv2dOfStride2: (x, { w }, n) => {
    const half = tf.conv2d(x, w, 2, 'same').mul(0.3)
    return tf.tile(half, [1, 2, 2, 1]).add(n)
  },
  conv2dTransposed: (x, { w }) => tf.conv2dTranspose(x, w, [2, 4, 4, 3], 1, 'same').mul(0.3),
  depthwiseConv2d: (x, { w }) => tf.depthwiseConv2d(x, w.slice([0, 0, 0, 0], [3, 3, 3, 1]), 1, 'same').mul(0.5),
  avgPool: x => tf.avgPool(x, 3, 1, 'same'),
  maxPool: x => tf.maxPool(x, 3, 1, 'same').mul(0.7),
  resize: x => tf.image.resizeBilinear(tf.avgPool(x, 2, 2, 'valid'), [4, 4]),
  reshape: x => x.reshape([2, 3, 16]).transpose([0, 2, 1]).reshape(shape),
  transpose: x => x.transpose([0, 2, 1, 3]),
  concat: (x, { b }) => tf.concat([x, b], 3).slice([0, 0, 0, 2], [2, 4, 4, 3]),
  split: (x, _, n) => tf.concat(tf.split(x, 2, n % 3).reverse(), n % 3),
  stack: x => tf.stack(tf.unstack(x, 1).reverse(), 1),
  slice: (x, _, n) => tf.concat([x.slice([0, n, 0, 0], [2, 4 - n, 4, 3]), x.slice([0, 0, 0, 0], [2, n, 4, 3])], 1),
  pad: x =>
    tf
      .pad(x, [
        [0, 0],
        [1, 0],
        [0, 1],
        [0, 0],
      ])
      .slice([0, 0, 1, 0], [2, 4, 4, 3]),
  reverse: (x, _, n) => x.reverse(n),
  gather: (x, _, n) => tf.gather(x, tf.tensor1d([n, 0, 2, 1], 'int32'), 1),
  tile: x => tf.tile(x, [1, 1, 1, 2]).reshape([2, 4, 4, 2, 3]).mean(3),
  oneHot: (x, _, n) =>
    x.add(
      tf
        .oneHot(tf.tensor1d([n % 3], 'int32'), 3)
        .toFloat()
        .reshape([3]),
    ),
  randomNormal: (x, _, n) => x.add(randomNormal([2, 4, 4, 3], randomKey(7, n))),
  randomUniform: (x, _, n) => x.mul(randomUniform([2, 4, 4, 3], randomKey(8, n), 0.5, 1)),
  stopGradient: x =>
    x.add(
      tf.customGrad((y: tf.Tensor | tf.GradSaveFunc) => ({
        value: (y as tf.Tensor).square().mul(0.1),
        gradFunc: (dy: tf.Tensor) => tf.zerosLike(dy),
      }))(x),
    ),
}

interface Step {
  operation: string
  n: number
  [fc.toStringMethod]: () => string
}

/** Shrinks to fewer steps, earlier operations, n = 0; prints as `[add(0),conv2d(0)]`. */
const step = fc
  .record({ operation: fc.constantFrom(...Object.keys(operations)), n: fc.integer({ min: 0, max: 3 }) })
  .map((step): Step => ({ ...step, [fc.toStringMethod]: () => `${step.operation}(${step.n})` }))
const program = fc.array(step, { minLength: 1, maxLength: 8 })
const seed = fc.integer({ min: 0, max: 1000 })
const printed = (steps: Step[]) => steps.map(({ operation, n }) => `${operation}(${n})`).join(' → ')

const leaves = (seed: number): tf.Tensor[] =>
  [shape, shape, [3, 3, 3, 3], [3, 3]].map((shape, i) =>
    tf.tidy(() => randomNormal(shape, randomKey(seed, i)).mul(0.7)),
  )

/** A number made of the program's result, and its gradients with respect to x, b, w and m. */
const evaluate = (steps: Step[]) => (inputs: tf.Tensor[]) => {
  const { value, grads } = tf.valueAndGrads((x: tf.Tensor, b: tf.Tensor, w: tf.Tensor, m: tf.Tensor) => {
    const given = { b, w, m } as Inputs
    const result = steps.reduce((x, { operation, n }) => operations[operation]!(x as tf.Tensor4D, given, n), x)
    assert.deepEqual(result.shape, shape)
    // b, w and m have a gradient even where no step uses them.
    return result.mul(b).mean().add(w.sum().mul(0.01)).add(m.sum().mul(0.01)) as tf.Scalar
  })(inputs)
  return [value, ...grads]
}

/** Fails where an element is off by more than 1e-5 of its tensor's largest, or of 0.1 where terms of order 1 cancel. */
function assertClose(what: string, actual: tf.Tensor[], expected: tf.Tensor[]): void {
  const names = ['value', 'by x', 'by b', 'by w', 'by m']
  for (const [i, want] of expected.entries()) {
    const values = want.dataSync()
    const allowed = 1e-5 * Math.max(0.1, ...values.map(Math.abs))
    actual[i]!.dataSync().forEach((value, j) => {
      assert.ok(
        Math.abs(value - values[j]!) <= allowed,
        `${what}, ${names[i]}, element ${j}: ${value}, eager ${values[j]}`,
      )
    })
  }
}

describe('random small programs, with gradients, jitted as eager', () => {
  for (const [compile, numRuns] of [
    ['graph', 200],
    ['xla', 20],
  ] as const) {
    it(`${numRuns} by ${compile}`, () => {
      const used = new Set<string>()
      fc.assert(
        fc.property(program, seed, (steps, seed) => {
          for (const { operation } of steps) used.add(operation)
          tf.tidy(() => {
            const inputs = leaves(seed)
            assertClose(printed(steps), jit(evaluate(steps), { compile })(inputs), evaluate(steps)(inputs))
          })
        }),
        { numRuns, seed: 4 },
      )
      if (numRuns >= 200) assert.deepEqual([...used].sort(), Object.keys(operations).sort(), 'all operations took part')
    }).timeout(120000)
  }
})
