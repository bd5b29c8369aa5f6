import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  initSd3Transformer,
  loadModelFolder,
  type ModelConfig,
  sd3Transformer,
  type Weights,
} from '../../src/models/index.js'
import { tf } from '../../src/tensorflow/index.js'
import { goldens } from '../goldens.js'

const [golden] = goldens('sd3_transformer')

describe("Stable Diffusion 3's transformer", () => {
  let config: ModelConfig
  let weights: Weights
  before(async () => {
    config = JSON.parse(await readFile(join(golden!.folder, 'config.json'), 'utf8'))
    weights = initSd3Transformer(config, 1)
  })
  after(() => tf.dispose(weights))

  it('starts with the positions that diffusers computes', async () => {
    const stored = await loadModelFolder(golden!.folder)
    const positions = (weights: Weights) => weights['pos_embed.pos_embed']!
    const [expected, got] = [positions(stored.weights), positions(weights)]
    assert.deepEqual(got.shape, expected.shape)
    assert.ok(tf.tidy(() => tf.max(tf.abs(tf.sub(got, expected))).dataSync()[0]!) < 1e-6)
    tf.dispose(stored.weights)
  })

  it('takes one image for both rows of guidance', () => {
    tf.tidy(() => {
      const x = tf.randomNormal<tf.Rank.R4>([2, 8, 12, 16], 0, 1, 'float32', 1)
      const context = tf.randomNormal<tf.Rank.R3>([4, 5, 24], 0, 1, 'float32', 2)
      const pooled = tf.randomNormal<tf.Rank.R2>([4, 20], 0, 1, 'float32', 3)
      const guided = sd3Transformer(weights, config, x, 500, context, pooled)
      const repeated = sd3Transformer(
        weights,
        config,
        tf.concat([x, x]),
        tf.tensor1d([500, 500, 500, 500]),
        context,
        pooled,
      )
      assert.deepEqual(guided.shape, [4, 8, 12, 16])
      assert.ok(tf.max(tf.abs(tf.sub(guided, repeated))).dataSync()[0]! < 1e-5)
    })
  })

  it('says which sizes it cannot take', () => {
    const call = (height: number, width: number) =>
      sd3Transformer(weights, config, tf.zeros([1, height, width, 16]), 1, tf.zeros([1, 5, 24]), tf.zeros([1, 20]))
    const before = tf.memory().numTensors
    tf.tidy(() => {
      assert.throws(() => call(7, 8), /7×8 have no whole number of 2×2 patches/)
      assert.throws(() => call(26, 8), /13×4 patches are more than the 12 a side/)
    })
    assert.equal(tf.memory().numTensors, before)
  })
})
