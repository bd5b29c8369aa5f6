import assert from 'node:assert/strict'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { devices, memory, randomKey, randomNormal, randomUniform, rawOp, tf } from '../../src/tensorflow/index.js'
import { findLibrary } from '../../src/tensorflow/library.js'

/** Runs a line of code on the library in a process of its own. */
const inNewProcess = (code: string, environment: Record<string, string> = {}) =>
  execa(
    process.execPath,
    [
      '--import=tsx',
      '--input-type=module',
      '-e',
      `import * as tensorflow from './src/tensorflow/index.ts'\nimport { readFileSync } from 'node:fs'\n${code}`,
    ],
    { env: environment, reject: false },
  )

describe('TensorFlow', () => {
  it('lists the CPU first', () => {
    assert.equal(devices()[0]?.type, 'CPU')
  })

  it('is not opened by an import, and is silent when it opens', async () => {
    const { stdout, stderr } = await inNewProcess(`
      const isOpen = () => readFileSync('/proc/self/maps', 'utf8').includes('libtensorflow')
      const before = isOpen()
      const sum = tensorflow.tf.scalar(1).add(1).arraySync()
      console.log(before, sum, isOpen())`)
    assert.equal(stdout, 'false 2 true')
    assert.equal(stderr, '')
  })

  it('lets a process end by itself, whether it computed or not', async () => {
    for (const code of [
      'console.log(tensorflow.devices().length > 0)',
      'console.log(tensorflow.tf.ones([2]).sum().arraySync() === 2)',
    ]) {
      const { stdout, stderr, exitCode, signal } = await inNewProcess(code)
      assert.deepEqual(
        { stdout, stderr, exitCode, signal },
        { stdout: 'true', stderr: '', exitCode: 0, signal: undefined },
      )
    }
  })

  it('says what to do when the library is not there', async () => {
    const empty = mkdtempSync(join(tmpdir(), 'adt-'))
    assert.throws(() => findLibrary({ ADT_TENSORFLOW: empty }), /ADT_TENSORFLOW is .*not there.*npm start/)
    const { stderr, exitCode } = await inNewProcess('tensorflow.tf.scalar(1).add(1)', { ADT_TENSORFLOW: empty })
    assert.equal(exitCode, 1)
    assert.match(stderr, /ADT_TENSORFLOW is .*npm start/)
  })

  it('names the operation that failed, and goes on', () => {
    assert.throws(() => rawOp('MatMul', [], [tf.ones([2, 3]), tf.ones([2, 3])]), /MatMul: .*Matrix size-incompatible/s)
    assert.throws(() => rawOp('NoSuchOp', [], []), /NoSuchOp/)
    assert.equal(tf.scalar(1).add(1).arraySync(), 2)
  })

  it('keeps values of every data type', () => {
    assert.deepEqual(tf.tensor(['a', '', 'π']).clone().reshape([3]).arraySync(), ['a', '', 'π'])
    assert.deepEqual(tf.tensor1d([true, false]).logicalNot().arraySync(), [0, 1])
    assert.deepEqual(
      tf
        .tensor1d([2 ** 30, -7], 'int32')
        .add(tf.scalar(1, 'int32'))
        .arraySync(),
      [2 ** 30 + 1, -6],
    )
    assert.deepEqual(
      Array.from(
        tf
          .complex([1, 2], [3, 4])
          .mul(tf.complex([0, 1], [1, 0]))
          .dataSync(),
      ),
      [-3, 1, 2, 4],
    )
    assert.deepEqual(tf.tensor2d([], [0, 3]).add(1).shape, [0, 3])
  })

  it('fills large uniform tensors with the same values as it would copy', () => {
    for (const value of [0, -0, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      const values = tf.fill([50, 50], value).add(0).dataSync()
      const copied = tf.tensor(new Float32Array(2500).fill(value), [50, 50]).clone().reshape([2500]).dataSync()
      assert.ok(copied.every(x => Object.is(x, value)) && values.length === copied.length)
    }
    const almost = new Float32Array(2500).fill(1)
    almost[2499] = 2
    assert.equal(tf.tensor1d(almost).sum().arraySync(), 2501)
  })

  it('counts what is alive', () => {
    const before = memory()
    const tensor = tf.tensor1d([1, 2, 3]).add(1)
    assert.ok(memory().tensors > before.tensors && memory().bytes >= before.bytes + 12)
    tensor.dispose()
    assert.ok(memory().process > 0)
  })
})

describe('random numbers by key', () => {
  it('repeat for a key and differ between keys', () => {
    const draw = (...key: [number, ...number[]]) => Array.from(randomNormal([8], randomKey(...key)).dataSync())
    assert.deepEqual(draw(1, 2), draw(1, 2))
    assert.notDeepEqual(draw(1, 2), draw(2, 1))
    assert.notDeepEqual(draw(1, 2), draw(1, 3))
    assert.notDeepEqual(draw(1), draw(1, 0))
  })

  it('have the distribution they say', () => {
    const { mean, variance } = tf.moments(randomNormal([100000], randomKey(3)))
    assert.ok(Math.abs(mean.dataSync()[0]!) < 0.02 && Math.abs(variance.dataSync()[0]! - 1) < 0.02)
    const uniform = randomUniform([100000], randomKey(4), -2, 6)
    assert.ok(uniform.min().dataSync()[0]! >= -2 && uniform.max().dataSync()[0]! < 6)
    assert.ok(Math.abs(uniform.mean().dataSync()[0]! - 2) < 0.05)
  })
})
