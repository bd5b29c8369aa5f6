import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import {
  type DiffusionModel,
  disposeDiffusionModel,
  encodePrompts,
  initClipText,
  initUnet2DCondition,
  loadDiffusionModel,
  loadTokenizer,
  readJson,
  sample,
  saveDiffusionModel,
  writeJson,
} from '../../src/models/index.js'
import { ddim, scheduleFromConfig } from '../../src/samplers/index.js'
import { tf } from '../../src/tensorflow/index.js'
import { smallText, smallUnet, temporaryFolder, writeSmallTokenizer } from './small.js'

describe('diffusion models', () => {
  let folder: string
  let model: DiffusionModel
  // Velocity, because from the noise that an untrained network predicts every image would leave [−1, 1].
  const schedulerConfig = {
    _class_name: 'DDIMScheduler',
    beta_schedule: 'linear',
    prediction_type: 'v_prediction',
    clip_sample: false,
    steps_offset: 1,
  }

  before(async () => {
    folder = await temporaryFolder()
    await writeSmallTokenizer(join(folder, 'made'))
    model = {
      network: { className: 'UNet2DConditionModel', config: smallUnet, weights: initUnet2DCondition(smallUnet, 1) },
      textEncoders: [
        {
          className: 'CLIPTextModel',
          config: smallText,
          weights: initClipText(smallText, 2),
          tokenizer: await loadTokenizer(join(folder, 'made')),
        },
      ],
      schedule: scheduleFromConfig(schedulerConfig),
      schedulerConfig,
    }
  })
  after(async () => {
    disposeDiffusionModel(model)
    await rm(folder, { recursive: true })
  })

  const values = async (images: tf.Tensor) => {
    const data = await images.data()
    images.dispose()
    return [...data]
  }

  it('samples the same images after saving and loading', async () => {
    const saved = join(folder, 'saved')
    await saveDiffusionModel(model, saved)
    const loaded = await loadDiffusionModel(saved)
    const options = { prompts: ['red', 'on'], sampler: ddim(model.schedule, 3), guidance: 2, seed: 5 }
    const images = await sample(model, options)
    assert.deepEqual(images.shape, [2, 8, 8, 3])
    const expected = await values(images)
    assert.ok(expected.every(value => value >= -1 && value <= 1))
    assert.ok(new Set(expected).size > 100)
    assert.deepEqual(await values(await sample(loaded, options)), expected)
    const other = await values(await sample(model, { ...options, seed: 6 }))
    assert.notDeepEqual(other, expected)
    disposeDiffusionModel(loaded)
  })

  it('guidance 1 is the conditional output; prompts and guidance change the image', async () => {
    const options = { prompts: ['red'], sampler: ddim(model.schedule, 2), guidance: 1 }
    const alone = await values(await sample(model, options))
    const nearly = await values(await sample(model, { ...options, guidance: 1 + 1e-6 }))
    assert.ok(alone.every((value, i) => Math.abs(value - nearly[i]!) < 1e-4))
    assert.notDeepEqual(await values(await sample(model, { ...options, prompts: ['on'] })), alone)
    assert.notDeepEqual(await values(await sample(model, { ...options, guidance: 5 })), alone)
  })

  it('in bfloat16 draws nearly the same images', async () => {
    const draw = async (precision: 'float32' | 'bfloat16') =>
      values(await sample(model, { prompts: ['red'], sampler: ddim(model.schedule, 5), seed: 3, precision }))
    const [exact, rounded] = [await draw('float32'), await draw('bfloat16')]
    const largest = Math.max(...exact.map((value, i) => Math.abs(value - rounded[i]!)))
    assert.ok(largest > 1e-4 && largest < 0.1, `${largest}`)
  })

  it('starts from images: the later the step, the more of them stays', async () => {
    const sampler = ddim(model.schedule, 10)
    const images = tf.fill([1, 8, 8, 3], 0.5) as tf.Tensor4D
    const distance = async (from: number) => {
      const found = await values(await sample(model, { prompts: ['red'], sampler, from, images }))
      return found.reduce((sum, value) => sum + Math.abs(value - 0.5), 0) / found.length
    }
    assert.ok((await distance(9)) < 0.1)
    assert.ok((await distance(9)) < (await distance(2)))
    images.dispose()
  })

  it('reports steps, stops when told, and frees what it made', async () => {
    const sampler = ddim(model.schedule, 5)
    const seen: number[] = []
    await sample(model, { prompts: ['red'], sampler, onStep: done => seen.push(done) }).then(images => images.dispose())
    assert.deepEqual(seen, [1, 2, 3, 4, 5])
    const before = tf.memory().numTensors
    const abort = new AbortController()
    const stopped = sample(model, {
      prompts: ['red'],
      sampler,
      signal: abort.signal,
      onStep: done => done === 2 && abort.abort(new Error('enough')),
    })
    await assert.rejects(stopped, /enough/)
    assert.equal(tf.memory().numTensors, before)
    await sample(model, { prompts: ['red'], sampler }).then(images => images.dispose())
    assert.equal(tf.memory().numTensors, before)
  })

  it('names the option that is wrong', async () => {
    const sampler = ddim(model.schedule, 5)
    await assert.rejects(sample(model, { prompts: [], sampler }), /prompts: there are none/)
    await assert.rejects(sample(model, { prompts: ['red'], sampler, from: 5 }), /from: 5 is not a step/)
    await assert.rejects(sample(model, { prompts: ['red'], sampler, from: 2 }), /needs images/)
    const noise = { ...sampler, prediction: 'epsilon' as const }
    await assert.rejects(sample(model, { prompts: ['red'], sampler: noise }), /made for epsilon/)
  })

  it('encodes prompts as the text encoder says', () => {
    const encoded = encodePrompts(model, ['red', 'on', ''])
    assert.deepEqual(encoded.context.shape, [3, 6, 12])
    encoded.context.dispose()
  })

  it('says which part of a pipeline is missing or not supported', async () => {
    const broken = join(folder, 'broken')
    await saveDiffusionModel(model, broken)
    const index = await readJson(join(broken, 'model_index.json'))
    const write = (fields: object) => writeJson(join(broken, 'model_index.json'), { ...index, ...fields })
    await write({ transformer: ['diffusers', 'SD3Transformer2DModel'] })
    await assert.rejects(loadDiffusionModel(broken), /"transformer" \(SD3Transformer2DModel\) is not supported/)
    await write({ text_encoder: ['transformers', 'T5EncoderModel'] })
    await assert.rejects(loadDiffusionModel(broken), /"text_encoder" is a T5EncoderModel; only CLIPTextModel and/)
    await write({ vae: [null, null], safety_checker: [null, null] })
    disposeDiffusionModel(await loadDiffusionModel(broken))
    await rm(join(broken, 'model_index.json'))
    await assert.rejects(loadDiffusionModel(broken), /model_index\.json: no such file/)
  })
})
