import assert from 'node:assert/strict'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { imageFeatures, loadMetricClip } from '../../src/metrics/clip.js'
import { createEvaluation, evaluateImages, fidName, measureReal } from '../../src/metrics/evaluate.js'
import type { ImageBatch } from '../../src/metrics/images.js'
import {
  inceptionStatistics,
  loadMetricInception,
  loadStatistics,
  saveStatistics,
} from '../../src/metrics/inception.js'
import { clipTextEmbeds, clipVision, initClipModel, initFidInception, saveModelFolder } from '../../src/models/index.js'
import { tf } from '../../src/tensorflow/index.js'
import { smallClip, smallText, temporaryFolder, writeSmallTokenizer } from '../models/small.js'

const config = smallClip
const vision = config.vision_config
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

  it('gives FID, the preference and the aesthetic score where their networks are given', async () => {
    const clip = await loadMetricClip(folder)
    const inception = { weights: initFidInception(1) }
    const width = config.projection_dim
    const aesthetic = { 'layers.0.weight': tf.ones([1, width]), 'layers.0.bias': tf.fill([1], 5) }
    const [drawn, real] = [images(3, 8), images(3, 8, 90)]
    const given = { clip, images: drawn, references: real, texts: ['red', 'on', 'red'] }
    const alone = await evaluateImages(given)
    assert.deepEqual([alone.fid, alone.preference, alone.aesthetic], [undefined, undefined, undefined])
    const all = await evaluateImages({ ...given, inception, preference: clip, aesthetic })
    const mean = all.textCosines!.reduce((sum, cosine) => sum + cosine, 0) / 3
    assert.ok(Math.abs(all.preference! - 100 * mean) < 1e-9)
    assert.ok(all.fid! > 0)
    const rows = (await imageFeatures(clip, drawn)).data
    const scores = [0, 1, 2].map(i => {
      const row = Array.from(rows).slice(i * width, (i + 1) * width)
      return 5 + row.reduce((sum, x) => sum + x, 0) / Math.hypot(...row)
    })
    assert.ok(Math.abs(all.aesthetic! - scores.reduce((sum, x) => sum + x, 0) / 3) < 1e-4)
    const statistics = await inceptionStatistics(inception, drawn)
    await saveStatistics(join(folder, 'drawn.safetensors'), statistics)
    assert.deepEqual(await loadStatistics(join(folder, 'drawn.safetensors')), statistics)
    await assert.rejects(loadStatistics(join(folder, 'model.safetensors')), /does not hold statistics/)
    await assert.rejects(loadMetricInception(folder), /holds a CLIPModel; a FIDInceptionV3 is needed/)
    tf.dispose([inception.weights, aesthetic])
  }).timeout(60_000)

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

  it('measures batches as it measures all images at once, and FID against statistics that were kept', async () => {
    const clip = await loadMetricClip(folder)
    const inception = { weights: initFidInception(1) }
    const [drawn, real] = [images(5, 8), images(5, 8, 90)]
    const texts = ['red', 'on', 'red', 'on', 'red on']
    const given = { clip, inception, preference: clip }
    const whole = await evaluateImages({ ...given, images: drawn, references: real, texts })
    const parts = ({ data }: ImageBatch) =>
      [
        [0, 2],
        [2, 5],
      ].map(([from, to]) => ({ data: data.subarray(from! * 192, to! * 192), shape: [to! - from!, 8, 8, 3] }))
    const file = join(folder, 'real.safetensors')
    await saveStatistics(file, await inceptionStatistics(inception, real), 'these')
    await assert.rejects(loadStatistics(file, 'others'), /real\.safetensors: its statistics were made of other images/)
    const known = await measureReal(given, parts(real), { inception: await loadStatistics(file, 'these') })
    const evaluation = createEvaluation(given, known)
    for (const [i, part] of parts(drawn).entries())
      await evaluation.add(part, i === 0 ? texts.slice(0, 2) : texts.slice(2))
    const result = await evaluation.result()
    assert.equal(result.fidName, 'FID-5')
    for (const name of ['frechet', 'fid', 'textScore', 'preference'] as const) {
      assert.ok(Math.abs(result[name]! - whole[name]!) < 1e-3 * Math.abs(whole[name]!) + 1e-6, name)
    }
    // Of the first images alone for CLIP, of all for FID.
    const first = await measureReal(given, parts(real), { pairs: 3 })
    assert.equal(first.rows.length, 3)
    for (const [i, row] of first.rows.entries())
      assert.ok(row.every((value, k) => Math.abs(value - known.rows[i]![k]!) < 1e-5))
    assert.deepEqual(first.inception, (await measureReal(given, parts(real))).inception)
    assert.deepEqual([5000, 10_000, 1234].map(fidName), ['FID-5k', 'FID-10k', 'FID-1234'])
    tf.dispose(inception.weights)
  }).timeout(60_000)

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
