import assert from 'node:assert/strict'
import { rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import {
  type DiffusionModel,
  disposeDiffusionModel,
  encodePrompts,
  imageSize,
  latentShape,
  loadDiffusionModel,
  readJson,
  sample,
  saveDiffusionModel,
  saveModelFolder,
  toImages,
  toLatents,
  withFrames,
  writeJson,
} from '../../src/models/index.js'
import { layoutNames, randomModel } from '../../src/pretraining/index.js'
import { ddim, flowEuler } from '../../src/samplers/index.js'
import { tf } from '../../src/tensorflow/index.js'
import { temporaryFolder } from './small.js'

const samplerOf = ({ schedule }: DiffusionModel, steps: number) =>
  schedule.prediction === 'flow' ? flowEuler(schedule, steps) : ddim(schedule, steps)

for (const family of layoutNames) {
  describe(`a random model in the layout of ${family}`, () => {
    let folder: string
    let model: DiffusionModel
    before(async () => {
      folder = await temporaryFolder()
      model = await randomModel(family)
    })
    after(async () => {
      disposeDiffusionModel(model)
      await rm(folder, { recursive: true })
    })

    const numbers = (tensor: tf.Tensor) => {
      const data = tensor.dataSync<'float32'>()
      tensor.dispose()
      return [...data]
    }

    it('draws the same images after saving and loading, and frees what it made', async () => {
      await saveDiffusionModel(model, join(folder, 'saved'))
      const loaded = await loadDiffusionModel(join(folder, 'saved'))
      const options = { prompts: ['red', 'on'], sampler: samplerOf(model, 3), guidance: 3, seed: 2 }
      const images = await sample(model, options)
      assert.deepEqual(images.shape, [2, 16, 16, 3])
      const expected = numbers(images)
      assert.ok(new Set(expected).size > 100)
      const before = tf.memory().numTensors
      assert.deepEqual(numbers(await sample(loaded, options)), expected)
      assert.equal(tf.memory().numTensors, before)
      assert.notDeepEqual(numbers(await sample(loaded, { ...options, prompts: ['on', 'on'] })), expected)
      disposeDiffusionModel(loaded)
    })

    it('is told how images were cut where it is SDXL', async () => {
      const frame = { original: [30, 20], corner: [5, 0] } as const
      const options = { prompts: ['red'], sampler: samplerOf(model, 2), guidance: 3 }
      const [plain, cut] = [numbers(await sample(model, options)), numbers(await sample(model, { ...options, frame }))]
      assert.equal(
        plain.some((value, i) => value !== cut[i]),
        family === 'sdxl',
      )
      const condition = withFrames(model, encodePrompts(model, ['red']), [frame])
      if (family === 'sdxl') assert.deepEqual([...condition.timeIds!.dataSync()], [30, 20, 5, 0, 16, 16])
      tf.dispose(Object.values(condition))
    })

    it('has latents between images, of which a start can be made', async () => {
      assert.deepEqual([imageSize(model), latentShape(model)], [16, family === 'sd3' ? [8, 8, 16] : [8, 8, 4]])
      const images = tf.fill([2, 16, 16, 3], 0.25) as tf.Tensor4D
      const latents = toLatents(model, images)
      const decoded = toImages(model, latents)
      assert.deepEqual([latents.shape, decoded.shape], [[2, ...latentShape(model)], images.shape])
      const sampler = samplerOf(model, 10)
      const last = numbers(await sample(model, { prompts: ['red', 'on'], sampler, from: 9, images }))
      const expected = numbers(tf.clipByValue(decoded, -1, 1))
      const distance = (a: number[]) => a.reduce((sum, value, i) => sum + Math.abs(value - expected[i]!), 0) / a.length
      const first = numbers(await sample(model, { prompts: ['red', 'on'], sampler, from: 1, images }))
      assert.ok(distance(last) < distance(first), `${distance(last)} and ${distance(first)}`)
      tf.dispose([images, latents, decoded])
    })

    it('tells the network of its texts what the family does', () => {
      const { context, pooled, timeIds, ...others } = encodePrompts(model, ['red', ''])
      assert.deepEqual(others, {})
      const expected = {
        sd15: [[2, 12, 12], undefined, undefined],
        sdxl: [
          [2, 12, 28],
          [2, 10],
          [2, 6],
        ],
        sd3: [[2, 12 + 256, 32], [2, 18], undefined],
      }
      assert.deepEqual([context.shape, pooled?.shape, timeIds?.shape], expected[family])
      const ofEmpty = numbers(tf.slice(context, [1, 0, 0], [1, -1, -1]))
      assert.equal(
        ofEmpty.every(value => value === 0),
        family === 'sdxl',
      )
      tf.dispose([context, pooled, timeIds].filter(tensor => tensor !== undefined))
    })
  })
}

describe('a pipeline without a part', () => {
  let folder: string
  before(async () => {
    folder = await temporaryFolder()
    const model = await randomModel('sd3')
    await saveDiffusionModel(model, join(folder, 'sd3'))
    disposeDiffusionModel(model)
  })
  after(() => rm(folder, { recursive: true }))

  it("takes zeros for T5's tokens, as diffusers does", async () => {
    const index = join(folder, 'sd3', 'model_index.json')
    await writeJson(index, { ...(await readJson(index)), text_encoder_3: [null, null], tokenizer_3: [null, null] })
    const model = await loadDiffusionModel(join(folder, 'sd3'))
    const { context, pooled } = encodePrompts(model, ['red'])
    assert.deepEqual(context.shape, [1, 12 + 256, 32])
    assert.equal(
      tf.tidy(() => tf.max(tf.abs(tf.slice(context, [0, 12, 0]))).dataSync()[0]),
      0,
    )
    tf.dispose([context, pooled!])
    disposeDiffusionModel(model)
  })

  it('reads the variant that is asked for, and parts that have none of it without it', async () => {
    const from = join(folder, 'sd3')
    const model = await loadDiffusionModel(from)
    const { config, weights } = model.network
    const doubled = tf.tidy(() => tf.mul(weights['proj_out.bias']!, 2))
    await saveModelFolder(join(folder, 'other'), { config, weights: { ...weights, 'proj_out.bias': doubled } })
    const name = 'diffusion_pytorch_model'
    await rename(join(folder, `other/${name}.safetensors`), join(from, `transformer/${name}.fp16.safetensors`))
    const [plain, variant] = [await loadDiffusionModel(from), await loadDiffusionModel(from, { variant: 'fp16' })]
    const bias = ({ network }: DiffusionModel) => network.weights['proj_out.bias']!.dataSync()
    assert.deepEqual([bias(plain), bias(variant)], [bias(model), doubled.dataSync()])
    await assert.rejects(loadDiffusionModel(from, { variant: 'bf16' }), /no part has files of the variant "bf16"/)
    for (const loaded of [model, plain, variant]) disposeDiffusionModel(loaded)
    doubled.dispose()
  })

  it('names the part that it cannot do without, before anything is read', async () => {
    const index = join(folder, 'sd3', 'model_index.json')
    await writeJson(index, { ...(await readJson(index)), vae: [null, null] })
    const before = tf.memory().numTensors
    await assert.rejects(loadDiffusionModel(join(folder, 'sd3')), /model_index\.json: names no "vae"/)
    assert.equal(tf.memory().numTensors, before)
  })
})
