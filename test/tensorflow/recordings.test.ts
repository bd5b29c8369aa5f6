import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { execa } from 'execa'
import { context } from '../../src/tensorflow/context.js'
import { jit, rawOp, tf } from '../../src/tensorflow/index.js'
import { native } from '../../src/tensorflow/native.js'
import { Recordings } from '../../src/tensorflow/recordings.js'

setFlagsFromString('--expose-gc')
const collectGarbage: () => void = runInNewContext('gc')

describe('the recordings of a jitted function', () => {
  /** TensorFlow's names of the functions that were recorded during a test. */
  let names: string[]
  const add = Recordings.prototype.add
  const warn = console.warn
  let warnings: string[]
  beforeEach(() => {
    names = []
    warnings = []
    Recordings.prototype.add = function (this: Recordings<{ name: string; context: bigint }>, key, recording) {
      names.push(recording.name)
      add.call(this, key, recording)
    }
    console.warn = (message: string) => warnings.push(message)
  })
  afterEach(() => {
    Recordings.prototype.add = add
    console.warn = warn
  })
  const has = native().library.func('bool TFE_ContextHasFunction(void *context, const char *name)')
  const isThere = (name: string) => has(context().pointer, name) as boolean

  it('go when nobody holds the function any more', async () => {
    const x = tf.scalar(1)
    const use = (jitted: (x: tf.Tensor) => tf.Tensor) => assert.equal(jitted(x).arraySync(), 3.25)
    const kept = jit((x: tf.Tensor) => x.add(2.25))
    use(kept)
    for (let i = 0; i < 10; i++) use(jit((x: tf.Tensor) => x.add(i).sub(i - 2.25)))
    assert.equal(new Set(names).size, 11)
    assert.ok(names.every(isThere))
    for (let round = 0; round < 20 && names.slice(1).some(isThere); round++) {
      await setTimeout(10)
      collectGarbage()
    }
    assert.deepEqual(names.map(isThere), [true, ...Array(10).fill(false)])
    use(kept)
  })

  it('are 64 at most: the one not used for longest goes, with a warning', () => {
    const x = tf.scalar(1)
    const addNumber = jit(function addNumber(x: tf.Tensor, n: number) {
      return x.add(n)
    })
    for (let n = 0; n < 64; n++) addNumber(x, n + 0.5)
    assert.equal(warnings.length, 0)
    addNumber(x, 0.5)
    for (let n = 64; n < 70; n++) addNumber(x, n + 0.5)
    assert.equal(warnings.length, 1)
    assert.match(warnings[0]!, /addNumber has been recorded more than 64 times.*better passed as tensors/)
    assert.deepEqual(names.map(isThere), [true, ...Array(6).fill(false), ...Array(63).fill(true)])
    assert.equal(addNumber(x, 1.5).arraySync(), 2.5, 'what was dropped is recorded again')
  })

  it('have a name that says what they compute, and share it where they compute the same', () => {
    const x = tf.scalar(1)
    const double = (x: tf.Tensor) => x.mul(2)
    for (const precision of ['float32', 'bfloat16'] as const) jit(double, { compile: 'graph', precision })(x)
    jit(double, { compile: 'xla' })(x)
    jit(function double(x: tf.Tensor) {
      return x.mul(3)
    })(x)
    const [graph, again, xla, other] = names
    assert.equal(graph, again)
    assert.equal(new Set([graph, xla, other]).size, 3)
    assert.ok(names.every(name => /^double_(graph|xla)_/.test(name)))
  })
})

describe("XLA's errors", () => {
  it('name the operation that it does not have, and the remedy', () => {
    const shrink = (x: tf.Tensor) => rawOp('ResizeArea', [], [x, tf.tensor1d([2, 2], 'int32')])[0]!
    const x = tf.ones([1, 4, 4, 1])
    assert.throws(
      () => jit(shrink, { compile: 'xla' })(x),
      /^Error: shrink: XLA cannot compile ResizeArea\. Call this part outside jit, or .*compile: 'graph'/,
    )
    assert.deepEqual(jit(shrink, { compile: 'graph' })(x).dataSync(), new Float32Array([1, 1, 1, 1]))
  })
})

describe("XLA's cache on disk", () => {
  let folder: string
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'adt-xla-'))
  })
  after(() => rmSync(folder, { recursive: true }))

  const compile = async (before = '') => {
    const { stdout, exitCode } = await execa(
      process.execPath,
      [
        '--import=tsx',
        '--input-type=module',
        '-e',
        `import { jit, tf, useTensorFloat32 } from './src/tensorflow/index.ts'
        ${before}
        const chain = jit(function chain(x, w) {
          for (let i = 0; i < 30; i++) x = tf.matMul(x, w).add(i).tanh()
          return x
        }, { compile: 'xla' })
        console.log(chain(tf.eye(8), tf.eye(8).mul(0.5)).dataSync()[0])`,
      ],
      { env: { TF_XLA_FLAGS: `--tf_xla_persistent_cache_directory=${folder}` }, stderr: 'ignore' },
    )
    assert.equal(exitCode, 0)
    return stdout
  }
  const files = () => readdirSync(folder).map(name => [name, statSync(join(folder, name)).mtimeMs])

  it('serves the next process, whatever it recorded before', async () => {
    const first = await compile()
    const written = files()
    assert.equal(written.length, 1)
    assert.equal(await compile("jit(function chain(x) { return x.neg() }, { compile: 'graph' })(tf.scalar(1))"), first)
    assert.deepEqual(files(), written, 'nothing was compiled again')
  }).timeout(60000)

  it('keeps what was compiled without TF32 apart', async () => {
    await compile('useTensorFloat32(false)')
    assert.equal(files().length, 2)
  }).timeout(60000)
})
