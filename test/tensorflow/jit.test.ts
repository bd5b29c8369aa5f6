import assert from 'node:assert/strict'
import { jit, randomKey, randomNormal, rawOp, tf } from '../../src/tensorflow/index.js'

type Tensors = Record<string, tf.Tensor>

/**
 * Fails unless both hold the same tensors, element by element within 1e-5 of the largest. Where terms of order 1
 * cancel, the largest says nothing of the terms: it counts as 0.1 at least.
 */
function assertClose(actual: tf.Tensor[], expected: tf.Tensor[]): void {
  assert.equal(actual.length, expected.length)
  actual.forEach((tensor, i) => {
    assert.deepEqual(tensor.shape, expected[i]!.shape)
    assert.equal(tensor.dtype, expected[i]!.dtype)
    const want = expected[i]!.dataSync()
    const scale = Math.max(0.1, ...Array.from(want, Math.abs))
    tensor.dataSync().forEach((value, j) => {
      const error = Math.abs(value - want[j]!) / scale
      assert.ok(error < 1e-5, `tensor ${i}, element ${j}: ${value}, expected ${want[j]}`)
    })
  })
}

const normal = (seed: number, shape: number[]) => randomNormal(shape, randomKey(seed))

function groupNorm(x: tf.Tensor, groups: number): tf.Tensor {
  const [batch, height, width, channels] = x.shape as [number, number, number, number]
  const grouped = x.reshape([batch, height * width, groups, channels / groups])
  const { mean, variance } = tf.moments(grouped, [1, 3], true)
  return grouped.sub(mean).mul(variance.add(1e-5).rsqrt()).reshape(x.shape)
}

/** A residual block and self-attention: what diffusion networks are made of. */
function block(weights: Tensors, x: tf.Tensor): tf.Tensor {
  const norm = groupNorm(x, 2)
  const hidden = tf
    .conv2d(norm.mul(norm.sigmoid()) as tf.Tensor4D, weights.conv as tf.Tensor4D, 1, 'same')
    .add(weights.bias!)
  const [batch, height, width, channels] = hidden.shape as [number, number, number, number]
  const tokens = hidden.reshape([batch * height * width, channels])
  const part = (name: string) =>
    tf.matMul(tokens, weights[name]!, false, true).reshape([batch, height * width, channels])
  const scores = tf.softmax(tf.matMul(part('q'), part('k'), false, true).mul(1 / Math.sqrt(channels)))
  return tf.concat([x, tf.matMul(scores, part('v')).reshape(hidden.shape)], 3)
}

const makeWeights = (): Tensors => ({
  conv: normal(1, [3, 3, 4, 6]).mul(0.2),
  bias: normal(2, [6]),
  q: normal(3, [6, 6]),
  k: normal(4, [6, 6]),
  v: normal(5, [6, 6]),
})

/** Loss and gradients of all weights and of the input. */
function gradients(weights: Tensors, x: tf.Tensor): { loss: tf.Tensor; byName: Tensors; input: tf.Tensor } {
  const names = Object.keys(weights)
  const { value, grads } = tf.valueAndGrads((input: tf.Tensor, ...tensors: tf.Tensor[]) => {
    const record = Object.fromEntries(names.map((name, i) => [name, tensors[i]!]))
    return block(record, input).square().mean() as tf.Scalar
  })([x, ...Object.values(weights)])
  const [input, ...rest] = grads
  return { loss: value, byName: Object.fromEntries(names.map((name, i) => [name, rest[i]!])), input: input! }
}

const flat = ({ loss, byName, input }: ReturnType<typeof gradients>) => [loss, input, ...Object.values(byName)]

describe('jit', () => {
  for (const compile of ['graph', 'xla'] as const) {
    it(`gives a network's loss and gradients as eager TF.js does (${compile})`, () => {
      const weights = makeWeights()
      const jitted = jit(gradients, { compile })
      for (const seed of [10, 11]) {
        const x = normal(seed, [2, 4, 4, 4])
        const result = jitted(weights, x)
        assert.deepEqual(Object.keys(result.byName), Object.keys(weights))
        assertClose(flat(result), flat(gradients(weights, x)))
      }
    }).timeout(60000)
  }

  it('records once for each structure, shape, data type and plain value', () => {
    let recordings = 0
    const scale = jit((x: tf.Tensor, options: { by: number; name?: string }) => {
      recordings++
      return x.mul(options.by)
    })
    const x = tf.tensor1d([1, 2])
    assert.deepEqual(scale(x, { by: 2 }).arraySync(), [2, 4])
    assert.deepEqual(scale(tf.tensor1d([3, 4]), { by: 2 }).arraySync(), [6, 8])
    assert.equal(recordings, 1)
    assert.deepEqual(scale(x, { by: 3 }).arraySync(), [3, 6])
    assert.deepEqual(scale(tf.tensor1d([1, 2, 3]), { by: 3 }).arraySync(), [3, 6, 9])
    const whole = tf.tensor1d([1, 2], 'int32')
    assert.equal(scale(whole, { by: 3 }).dtype, whole.mul(3).dtype)
    scale(x, { by: 3, name: 'other' })
    assert.equal(recordings, 5)
  })

  it('returns the structure the function returns, arguments and constants too', () => {
    const f = jit((x: tf.Tensor) => ({ list: [x, x], two: tf.scalar(2), note: 'kept', none: null }))
    const { list, two, note, none } = f(tf.tensor1d([5]))
    assert.deepEqual(
      list.map(tensor => tensor.arraySync()),
      [[5], [5]],
    )
    assert.equal(two.arraySync(), 2)
    assert.equal(note, 'kept')
    assert.equal(none, null)
  })

  it('takes tensors from around the function, uploaded or not, and sees when one is gone', () => {
    const uploaded = tf.tensor1d([1, 2]).add(0)
    const fresh = tf.tensor1d([10, 20])
    const f = jit((x: tf.Tensor) => x.add(uploaded).add(fresh))
    assert.deepEqual(f(tf.tensor1d([0, 1])).arraySync(), [11, 23])
    assert.deepEqual(fresh.add(1).arraySync(), [11, 21])
    assert.deepEqual(f(tf.tensor1d([1, 1])).arraySync(), [12, 23])
    uploaded.dispose()
    assert.throws(() => f(tf.tensor1d([0, 1])), /from around it, which was disposed of.*Pass it as an argument/)
  })

  it('becomes part of another jit and of a gradient around it', () => {
    const square = jit((x: tf.Tensor) => x.square())
    const sumOfSquares = jit((x: tf.Tensor) => square(x).sum() as tf.Scalar)
    const x = tf.tensor1d([1, 2, 3])
    assert.equal(sumOfSquares(x).arraySync(), 14)
    assert.deepEqual(tf.grad(sumOfSquares)(x).arraySync(), [2, 4, 6])
  })

  it('draws random numbers from a key that is an argument', () => {
    const draw = jit((key: tf.Tensor1D) => randomNormal([4], key))
    const [one, again, other] = [randomKey(1), randomKey(1), randomKey(2)].map(key => draw(key).dataSync())
    assert.deepEqual(one, again)
    assert.notDeepEqual(one, other)
    assert.deepEqual(one, randomNormal([4], randomKey(1)).dataSync())
  })

  it('records lists of inputs and outputs of raw operations', () => {
    const f = jit((a: tf.Tensor, b: tf.Tensor) => {
      const [sum] = rawOp('AddN', [], [a, b, a])
      return rawOp('Unpack', [{ name: 'num', type: 1, value: 2 }], [tf.stack([sum!, b])], 2)
    })
    const [sum, b] = f(tf.tensor1d([1, 2]), tf.tensor1d([3, 4]))
    assert.deepEqual(
      [sum!.arraySync(), b!.arraySync()],
      [
        [5, 8],
        [3, 4],
      ],
    )
  })

  describe('names what it cannot record', () => {
    const x = () => tf.tensor1d([1, 2])
    const failures: [string, (x: tf.Tensor) => tf.Tensor, RegExp][] = [
      ['reading values', x => x.mul(x.dataSync()[0]!), /values were asked for.* at .*jit\.test\.ts:\d+:\d+.*return it/],
      ['random numbers without a key', x => x.add(tf.randomNormal([2])), /Random numbers.*jit\.test\.ts.*with a key/],
      ['hidden state', x => rawOp('RandomShuffle', [], [x])[0]!, /RandomShuffle keeps hidden state/],
      ['a shape that depends on values', x => rawOp('Unique', [], [x], 2)[0]!, /Unique.*depends on its values/],
      ['an unknown operation', x => rawOp('NoSuchOp', [], [x])[0]!, /NoSuchOp/],
      ['wrong shapes', x => x.add(tf.tensor1d([1, 2, 3])), /Dimensions must be equal, but are 2 and 3/],
    ]
    for (const [what, f, message] of failures) {
      it(what, () => {
        const before = tf.memory().numTensors
        const input = x()
        assert.throws(() => jit(f)(input), message)
        assert.deepEqual(input.add(1).arraySync(), [2, 3], 'eager TF.js works afterwards')
        tf.dispose(input)
        assert.ok(tf.memory().numTensors <= before + 1)
      })
    }

    it('a variable assigned', () => {
      const variable = tf.variable(tf.scalar(1), true, 'counter')
      const f = jit((x: tf.Tensor) => {
        variable.assign(x.sum())
        return x
      })
      assert.throws(() => f(x()), /variable counter was .*assigned.*assign it outside/)
    })

    it('a tensor that leaves by another way than the result', () => {
      let leaked: tf.Tensor | undefined
      jit((x: tf.Tensor) => {
        leaked = tf.keep(x.add(1))
        return x.add(2)
      })(x())
      assert.throws(() => leaked!.add(1), /made while jit was recording.*Return it/)
    })
  })

  it('names a way of compiling in the environment that there is not', () => {
    process.env.ADT_JIT = 'fast'
    try {
      assert.throws(() => jit((x: tf.Tensor) => x.neg())(tf.scalar(1)), /ADT_JIT is 'fast'.*eager, graph or xla/)
    } finally {
      delete process.env.ADT_JIT
    }
  })

  it('leaves no tensors behind over 1,000 calls', () => {
    const weights = makeWeights()
    const x = normal(20, [1, 2, 2, 4])
    const jitted = jit(gradients)
    tf.dispose(jitted(weights, x))
    const { numTensors, numBytes } = tf.memory()
    for (let i = 0; i < 1000; i++) tf.dispose(jitted(weights, x))
    assert.equal(tf.memory().numTensors, numTensors)
    assert.equal(tf.memory().numBytes, numBytes)
  }).timeout(60000)
})
