import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { createDataset } from '../../src/data/index.js'
import { evaluateImages, loadMetricClip } from '../../src/metrics/index.js'
import {
  type DiffusionModel,
  disposeDiffusionModel,
  initClipModel,
  loadDiffusionModel,
  loadLora,
  sample,
  saveDiffusionModel,
  saveLora,
  saveModelFolder,
  type Weights,
  withLora,
} from '../../src/models/index.js'
import { layoutNames, randomModel } from '../../src/pretraining/index.js'
import { ddim, flowEuler } from '../../src/samplers/index.js'
import { tf } from '../../src/tensorflow/index.js'
import { type TuneEvent, type TuneSettings, tune } from '../../src/tuning/index.js'
import { smallClip, temporaryFolder, writeSmallTokenizer } from '../models/small.js'
import { tinyFeatures } from './tiny.js'

const size = 16
const data = createDataset({
  name: 'squares',
  items: Array.from({ length: 6 }, (_, i) => ({ id: `${i}`, text: i % 2 ? 'red' : 'on red' })),
  size,
  hash: 'squares',
  read: async () => Uint8Array.from({ length: 6 * size * size * 3 }, (_, i) => (i * 37 + (i >> 5) * 91) % 256),
})
const features = tinyFeatures()
features.config.image_size = size

const samplerOf = ({ schedule }: DiffusionModel) =>
  schedule.prediction === 'flow' ? flowEuler(schedule, 4) : ddim(schedule, 4)

async function tuneThrice(model: DiffusionModel, more: Partial<TuneSettings> = {}) {
  const events: TuneEvent[] = []
  const settings: TuneSettings = {
    data,
    sampler: samplerOf(model),
    features,
    discriminator: { hooks: [0, 1], outputs: 8, kernel: 3 },
    batch: 2,
    K: 2,
    H: 1,
    guidance: 3,
    iterations: 3,
    learningRate: 1e-3,
    warmup: 0,
    average: 0,
    prompts: ['red'],
    samplesEvery: 3,
    ...more,
  }
  for await (const event of tune(model, settings)) events.push(event)
  const done = events.at(-1)!
  assert.equal(done.kind, 'done')
  return { events, tuned: done as TuneEvent & { kind: 'done' } }
}

const changed = (before: Weights, after: Weights) =>
  Object.keys(before).filter(name =>
    tf.tidy(() => tf.max(tf.abs(tf.sub(before[name]!, after[name]!))).dataSync()[0]! > 0),
  )

describe('tuning models in the layouts of Stable Diffusion', function () {
  this.timeout(120_000)
  let folder: string
  beforeEach(async () => {
    folder = await temporaryFolder()
  })
  afterEach(() => rm(folder, { recursive: true }))

  /** Draws every caption and measures it against the data, by a small CLIP of random weights. */
  async function judge(model: DiffusionModel) {
    const texts = data.items.map(({ text }) => text)
    const shape = [texts.length, size, size, 3]
    const drawn = await sample(model, { prompts: texts, sampler: samplerOf(model), guidance: 3, seed: 5 })
    const [images, references] = [
      { data: (await drawn.data()) as Float32Array, shape },
      { data: await data.pixels(), shape },
    ]
    drawn.dispose()
    await writeSmallTokenizer(join(folder, 'clip'))
    const weights = initClipModel(smallClip, 1)
    await saveModelFolder(join(folder, 'clip'), { config: smallClip, weights })
    const clip = await loadMetricClip(join(folder, 'clip'))
    const figures = await evaluateImages({ clip, images, references, texts })
    tf.dispose([weights, clip.model.weights])
    assert.ok(Number.isFinite(figures.frechet) && figures.textCosines!.length === texts.length)
    return figures
  }

  for (const family of layoutNames) {
    it(`${family}: tunes, draws, evaluates, saves, loads again, and draws and evaluates the same`, async () => {
      await saveDiffusionModel(await randomModel(family), join(folder, 'first'))
      const model = await loadDiffusionModel(join(folder, 'first'))
      const before = tf.memory().numTensors
      const { events, tuned } = await tuneThrice(model)
      const steps = events.filter(event => event.kind === 'step')
      assert.equal(steps.length, 3)
      assert.ok(steps.every(({ gradientNorms }) => gradientNorms.adversarial! > 0 && gradientNorms.diffusion! > 0))
      const judged = events.find(event => event.kind === 'judged')!
      assert.deepEqual(judged.generated.shape, judged.real.shape)
      const samples = events.find(event => event.kind === 'samples')!
      assert.deepEqual(samples.images.shape, [1, size, size, 3])

      const names = changed(model.network.weights, tuned.model.network.weights)
      const kept = Object.keys(model.network.weights).filter(name => !names.includes(name))
      assert.deepEqual(kept, family === 'sd3' ? ['pos_embed.pos_embed'] : [])
      const draw = async (model: DiffusionModel) => {
        const images = await sample(model, { prompts: ['red'], sampler: samplerOf(model), guidance: 3, seed: 4 })
        const values = [...images.dataSync()]
        images.dispose()
        return values
      }
      const expected = await draw(tuned.model)
      assert.notDeepEqual(expected, await draw(model))
      await saveDiffusionModel(tuned.model, join(folder, 'tuned'))
      const loaded = await loadDiffusionModel(join(folder, 'tuned'))
      assert.deepEqual(await draw(loaded), expected)
      assert.deepEqual(await judge(loaded), await judge(tuned.model))
      disposeDiffusionModel(loaded)
      tf.dispose(tuned.model.network.weights)
      assert.equal(tf.memory().numTensors, before)
      disposeDiffusionModel(model)
    })

    if (family === 'sd3') {
      it('uses a released model up, checkpointed or not, with the same result', async () => {
        const lossOf = ({ events }: { events: TuneEvent[] }) =>
          events.flatMap(event => (event.kind === 'step' ? [event.losses.diffusion!] : []))
        const model = await randomModel(family)
        const plain = await tuneThrice(model)
        const released = await tuneThrice(model, { release: true })
        assert.deepEqual(changed(plain.tuned.model.network.weights, released.tuned.model.network.weights), [])
        const left = Object.entries(model.network.weights).filter(([, { isDisposed }]) => !isDisposed)
        assert.deepEqual(
          left.map(([name]) => name),
          ['pos_embed.pos_embed'],
        )
        const again = await randomModel(family)
        const checkpointed = await tuneThrice(again, { checkpointing: true })
        for (const [i, loss] of lossOf(checkpointed).entries())
          assert.ok(Math.abs(loss / lossOf(plain)[i]! - 1) < 1e-2, `${loss} ${lossOf(plain)[i]}`)
        for (const { tuned } of [plain, released, checkpointed]) tf.dispose(tuned.model.network.weights)
        disposeDiffusionModel(model)
        disposeDiffusionModel(again)
      })
    }

    if (family === 'sdxl') {
      it('sdxl: the run sees how images were cut', async () => {
        const model = await randomModel(family)
        const lossesWith = async (more: Partial<typeof data>) => {
          const { events, tuned } = await tuneThrice(model, { data: { ...data, ...more }, iterations: 1 })
          tf.dispose(tuned.model.network.weights)
          return events.flatMap(event => (event.kind === 'step' ? [event.losses.diffusion] : []))
        }
        const cutAs = (original: [number, number]) => ({
          frames: async (indices: readonly number[]) => indices.map(() => ({ original, corner: [0, 0] as const })),
        })
        const plain = await lossesWith({})
        assert.deepEqual(await lossesWith(cutAs([size, size])), plain)
        assert.notDeepEqual(await lossesWith(cutAs([300, 200])), plain)
        disposeDiffusionModel(model)
      })
    }

    if (family === 'sd15') {
      it('says that captions are too long, once', async () => {
        const model = await randomModel(family)
        const text = 'red on green '.repeat(12)
        const long = { ...data, items: data.items.map((item, i) => (i < 2 ? { ...item, text } : item)) }
        const { events, tuned } = await tuneThrice(model, { data: long, iterations: 1 })
        const warnings = events.filter(event => event.kind === 'warning')
        assert.equal(warnings.length, 1)
        assert.match(warnings[0]!.message, /^2 of 6 captions are longer than 12 tokens.*"red on green red.*…"/)
        tf.dispose(tuned.model.network.weights)
        disposeDiffusionModel(model)
      })
    }

    it(`${family}: low-rank changes, which diffusers' files hold`, async () => {
      const model = await randomModel(family)
      const before = tf.memory().numTensors
      const { tuned } = await tuneThrice(model, { lora: 2 })
      const names = changed(model.network.weights, tuned.model.network.weights)
      assert.ok(names.length > 0 && names.every(name => /attn\d?\.(to_|add_)/.test(name)), names.join())
      await saveLora(join(folder, 'lora'), model.network, tuned.lora!)
      const lora = await loadLora(join(folder, 'lora'), model.network, model.network.weights)
      tf.tidy(() => assert.deepEqual(changed(withLora(model.network.weights, lora), tuned.model.network.weights), []))
      tf.dispose([lora, tuned.lora!, tuned.model.network.weights])
      assert.equal(tf.memory().numTensors, before)
      disposeDiffusionModel(model)
    })
  }
})
