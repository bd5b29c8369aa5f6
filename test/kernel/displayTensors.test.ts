import assert from 'node:assert/strict'
import { resolve } from 'node:path'
import { decode } from 'fast-png'
import { type CellRun, Client } from './client.js'

/** On the package's own CPU backend: no TensorFlow is needed to see what is shown. */
describe('kernel: tensors', function () {
  this.timeout(60_000)
  let client: Client
  before(async () => {
    client = await Client.start({ preload: resolve(import.meta.dirname, 'fixtures/tensorflow.json') })
    // What is fetched of tensors is counted; what is computed for them must be gone afterwards.
    await client.execute(`
      let fetched = 0
      const data = tf.Tensor.prototype.data
      tf.Tensor.prototype.data = function () { fetched += this.size; return data.call(this) } as any
    `)
  })
  after(() => client.stop())

  const lines = (cell: CellRun) => String(cell.result()).split('\n')
  const picture = (cell: CellRun) => {
    const source = /src="data:image\/png;base64,([^"]+)"/.exec(String(cell.result('text/html')))?.[1]
    return source === undefined ? undefined : decode(Buffer.from(source, 'base64'))
  }

  it('shows shape, type, bytes, statistics and the values of a small one', async () => {
    const cell = await client.execute('tf.tensor2d([[1, 2, 3], [4, NaN, Infinity]])')
    assert.deepEqual(lines(cell), [
      'Tensor float32 [2, 3], 24 B',
      'min  mean  max    std  NaN  ±∞',
      '  1   2.5    4  1.118    1   1',
      '[[1, 2, 3],',
      ' [4, NaN, Infinity]]',
    ])
    assert.match(String(cell.result('text/html')), /<th style="text-align: right">mean<\/th>/)
  })

  it('fetches no more than it shows, says so, and leaves no tensor behind', async () => {
    await client.execute(
      'const large = tf.randomNormal([1000, 1000]); const before = tf.memory().numTensors; fetched = 0',
    )
    const cell = await client.execute('large')
    assert.equal(lines(cell)[0], 'Tensor float32 [1000, 1000], 3.8 MiB')
    assert.match(lines(cell).at(-1)!, /^first 8 of 1,000,000 values: /)
    const [, mean, , std] = lines(cell)[2]!.trim().split(/\s+/).map(Number)
    assert.ok(Math.abs(mean!) < 0.01 && Math.abs(std! - 1) < 0.01)
    assert.equal((await client.execute('fetched < 20 && tf.memory().numTensors === before')).result(), 'true')
  })

  it('draws what looks like images, in each usual range, and nothing else', async () => {
    const red = 'tf.stack([tf.ones([16, 16]), tf.zeros([16, 16]), tf.zeros([16, 16])], 2)'
    const scaled: Record<string, string> = {
      '[0, 1]': red,
      '[−1, 1]': `${red}.mul(2).sub(1)`,
      '[0, 255]': `${red}.mul(255)`,
    }
    for (const [range, code] of Object.entries(scaled)) {
      const cell = await client.execute(code)
      assert.ok(
        lines(cell).some(line => line === `16 × 16, ${range}`),
        range,
      )
      const png = picture(cell)!
      assert.deepEqual([png.width, png.height, ...png.data.slice(0, 4)], [64, 64, 255, 0, 0, 255])
    }
    const batch = await client.execute('tf.randomUniform([40, 300, 200, 1])')
    assert.ok(lines(batch).some(line => line === '16 of 40 images of 200 × 300, [0, 1], shown at 1/3'))
    assert.equal(picture(batch)!.width, 8 * 66 + 7 * 2)
    assert.equal((await client.execute('fetched < 1_000_000')).result(), 'true')
    for (const code of [
      'tf.randomNormal([16, 16, 3])',
      'tf.zeros([3, 3, 3, 3])',
      'tf.zeros([16, 16, 4])',
      'tf.zeros([32, 32])',
    ]) {
      assert.equal(picture(await client.execute(code)), undefined, code)
    }
  })

  it('shows scalars, whole numbers, booleans, strings, empty and disposed ones', async () => {
    const shown: Record<string, string> = {
      'tf.scalar(3, "int32")': '3',
      'tf.tensor1d([1, 0], "bool")': '[1, 0]',
      'tf.tensor1d(["a<b"])': "['a<b']",
      'tf.tensor1d([])': 'empty',
      'const gone = tf.scalar(1); gone.dispose(); gone': 'Tensor float32 [], disposed',
      'tf.complex([1], [2])': '[[1, 2]]',
    }
    for (const [code, last] of Object.entries(shown)) assert.equal(lines(await client.execute(code)).at(-1), last, code)
  })

  it('shows weights as a short table', async () => {
    const cell = await client.execute('({ "a.weight": tf.zeros([3, 4]), "a.bias": tf.zeros([4]) })')
    assert.deepEqual(lines(cell), [
      'name      shape   dtype    values  bytes',
      'a.weight  [3, 4]  float32      12   48 B',
      'a.bias    [4]     float32       4   16 B',
      '2 tensors, 16 values, 64 B',
    ])
    const many = await client.execute('Array.from({ length: 100 }, () => tf.zeros([1]))')
    assert.equal(lines(many).length, 27)
    assert.match(lines(many).at(-1)!, /; 76 not shown$/)
  })

  it('catches wrong use in a cell by its types', async () => {
    const { reply } = await client.execute('tf.matMul(tf.ones([1]))\ntf.ones("2")')
    assert.equal(reply.traceback.length, 2)
    assert.match(reply.traceback[1], /2:9 - .*TS2345/)
  })
})
