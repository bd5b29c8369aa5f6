import assert from 'node:assert/strict'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type ImageBatch, imageFeatures, loadMetricClip } from '../../src/metrics/clip.js'
import { evaluateImages } from '../../src/metrics/evaluate.js'
import { clipTextEmbeds, clipVision, initClipModel, saveModelFolder } from '../../src/models/index.js'
import { tf } from '../../src/tensorflow/index.js'
import { smallText, temporaryFolder, writeSmallTokenizer } from '../models/small.js'

const vision = {
  hidden_size: 12,
  intermediate_size: 16,
  num_attention_heads: 2,
  num_hidden_layers: 2,
  image_size: 8,
  patch_size: 4,
}
const config = { architectures: ['CLIPModel'], projection_dim: 6, text_config: smallText, vision_config: vision }
const statistics = { image_mean: [0.5, 0.4, 0.3], image_std: [0.2, 0.25, 0.3] }

/** Random bytes, `brighter` the more so. */
function images(count: number, size: number, brighter = 0): ImageBatch {
  const data = Uint8Array.from(
    { length: count * size * size * 3 },
    (_, i) => ((i * 2654435761) >>> 24) * 0.6 + brighter,
  )
  return { data, shape: [count, size, size, 3] }
}

describe('evaluateImages', () => {
  let folder: string
  beforeEach(async () => {
    folder = await temporaryFolder()
    await writeSmallTokenizer(folder)
    await saveModelFolder(folder, { config, weights: initClipModel(config, 1) })
    await writeFile(join(folder, 'preprocessor_config.json'), JSON.stringify(statistics))
  })
  afterEach(() => rm(folder, { recursive: true }))

  it('measures the distance to references, and finds it zero to the images themselves', async () => {
    const clip = await loadMetricClip(folder)
    const same = await evaluateImages({ clip, images: images(10, 8), references: images(10, 8) })
    assert.equal(same.count, 10)
    assert.ok(Math.abs(same.frechet!) < 1e-6)
    assert.ok(same.referenceCosines!.every(cosine => Math.abs(cosine - 1) < 1e-6))
    const apart = await evaluateImages({ clip, images: images(10, 8), references: images(12, 8, 90) })
    assert.ok(apart.frechet! > 0.01)
    assert.equal(apart.referenceCosines, undefined)
    assert.equal(apart.textScore, undefined)
  })

  it('scores images by the cosine of what the two towers say, whatever the size of the batches', async () => {
    const clip = await loadMetricClip(folder)
    const texts = Array.from({ length: 70 }, (_, i) => ['red', 'on', 'red on'][i % 3]!)
    const batch = images(70, 8)
    const { textCosines, textScore } = await evaluateImages({ clip, images: batch, texts })
    const pixels = tf.div(
      tf.sub(tf.div(tf.tensor4d(Float32Array.from(batch.data), [70, 8, 8, 3]), 255), statistics.image_mean),
      statistics.image_std,
    )
    const tower = { ...vision, projection_dim: 6 }
    const seen = clipVision(clip.model.weights, tower, pixels as tf.Tensor4D).imageEmbeds
    const said = clipTextEmbeds(
      clip.model.weights,
      config,
      tf.tensor2d(clip.tokenizer.encode(texts), undefined, 'int32'),
    )
    const cosines = tf.div(tf.sum(tf.mul(seen, said), 1), tf.norm(seen, 2, 1)).dataSync<'float32'>()
    textCosines!.forEach((cosine, i) => {
      assert.ok(Math.abs(cosine - cosines[i]!) < 1e-5)
    })
    const mean = cosines.reduce((sum, cosine) => sum + Math.max(100 * cosine, 0), 0) / 70
    assert.ok(Math.abs(textScore! - mean) < 1e-3)
  })

  it('takes bytes and numbers in [−1, 1] alike, brings images to the network’s size, and remembers a batch', async () => {
    const clip = await loadMetricClip(folder)
    const bytes = images(3, 12)
    const numbers = { data: Float32Array.from(bytes.data, x => x / 127.5 - 1), shape: bytes.shape }
    const [a, b] = [await imageFeatures(clip, bytes), await imageFeatures(clip, numbers)]
    assert.deepEqual([a.rows, a.columns], [3, 6])
    assert.ok(Array.from(a.data).every((x, i) => Math.abs(x - b.data[i]!) < 1e-5))
    assert.equal(await imageFeatures(clip, bytes), a)
  })

  it('leaves no tensors behind', async () => {
    const clip = await loadMetricClip(folder)
    const before = tf.memory().numTensors
    await evaluateImages({ clip, images: images(5, 8), references: images(5, 8, 9), texts: Array(5).fill('red') })
    assert.equal(tf.memory().numTensors, before)
  })

  it('names what is wrong', async () => {
    const clip = await loadMetricClip(folder)
    await assert.rejects(
      evaluateImages({ clip, images: { data: new Uint8Array(5), shape: [1, 8, 8, 3] } }),
      /with 5 values/,
    )
    await assert.rejects(evaluateImages({ clip, images: images(2, 8), texts: ['red'] }), /2 images, but 1 texts/)
    await writeFile(join(folder, 'preprocessor_config.json'), '{"image_std": [1, 0, 1]}')
    await assert.rejects(loadMetricClip(folder), /preprocessor_config\.json: .*\n?.*image_std/)
    await writeFile(join(folder, 'config.json'), JSON.stringify({ ...smallText }))
    await assert.rejects(loadMetricClip(folder), Error)
  })
})
