import assert from 'node:assert/strict'
import { readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { createDataset } from '../../src/data/index.js'
import {
  type DiffusionModel,
  disposeDiffusionModel,
  encodePrompts,
  loadDiffusionModel,
  saveDiffusionModel,
  toLatents,
} from '../../src/models/index.js'
import { randomModel } from '../../src/pretraining/index.js'
import { ddim } from '../../src/samplers/index.js'
import { tf } from '../../src/tensorflow/index.js'
import { openEncodingCache } from '../../src/tuning/encodingCache.js'
import { type CachingEvent, type TuneEvent, tune } from '../../src/tuning/index.js'
import { temporaryFolder } from '../models/small.js'

const size = 16
const texts = ['red', 'on red', 'red', 'on', '']
const data = createDataset({
  name: 'squares',
  items: texts.map((text, i) => ({ id: `${i}`, text })),
  size,
  hash: 'squares',
  read: async () =>
    Uint8Array.from({ length: texts.length * size * size * 3 }, (_, i) => (i * 37 + (i >> 5) * 91) % 256),
})

async function all<T>(events: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = []
  for await (const event of events) list.push(event)
  return list
}

/** The files of a folder with their times of change. */
const filesIn = (folder: string) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name))
    .sort()
    .map(file => [file, statSync(file).mtimeMs] as const)

describe('encodings kept on disk', function () {
  this.timeout(60_000)
  let folder: string
  let model: DiffusionModel
  before(async () => {
    model = await randomModel('sdxl')
  })
  after(() => disposeDiffusionModel(model))
  beforeEach(async () => {
    folder = await temporaryFolder()
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  it('are what the encoders give, and tell how far they are and how large', async () => {
    const before = tf.memory().numTensors
    const cache = await openEncodingCache(folder, model)
    assert.equal(cache.encode(['red']), undefined)
    const events = await all(cache.fill(data, 2))
    const last = (what: string) => events.findLast(event => event.what === what)!
    assert.deepEqual([last('texts').done, last('texts').total], [4, 4])
    assert.deepEqual([last('latents').done, last('latents').total], [5, 5])
    const sizes = filesIn(folder).map(([file]) => statSync(file).size)
    assert.equal(
      last('texts').bytes + last('latents').bytes,
      sizes.reduce((sum, bytes) => sum + bytes, 0),
    )

    await cache.prepare(['', 'on red'])
    const [kept, made] = [cache.encode(['on red', ''])!, encodePrompts(model, ['on red', ''])]
    for (const name of ['context', 'pooled', 'timeIds'] as const) {
      assert.deepEqual(kept[name]!.shape, made[name]!.shape)
      const [a, b] = [kept[name]!.dataSync(), made[name]!.dataSync()]
      assert.ok(
        a.every((value, i) => Math.abs(value - b[i]!) < 1e-5),
        name,
      )
    }
    const pixels = await data.images([3, 1])
    const latents = tf.tidy(() => toLatents(model, tf.tensor4d(pixels, [2, size, size, 3])).dataSync())
    assert.ok((await cache.latents(pixels, 2))!.every((value, i) => Math.abs(value - latents[i]!) < 1e-5))
    assert.equal(
      await cache.latents(
        pixels.map(x => -x),
        2,
      ),
      undefined,
    )
    tf.dispose([kept, made] as unknown as tf.TensorContainer)
    assert.equal(tf.memory().numTensors, before)
  })

  it('may be written by several at once, and are not written again', async () => {
    const caches = await Promise.all([1, 2, 3].map(() => openEncodingCache(folder, model)))
    await Promise.all(caches.map(cache => all(cache.fill(data, 2))))
    const files = filesIn(folder)
    assert.equal(files.length, 4 + 5)
    assert.ok(files.every(([file]) => /[0-9a-f]{64}\.safetensors$/.test(file)))
    await all(caches[0]!.fill(data, 3))
    assert.deepEqual(filesIn(folder), files)
    // A fourth with another text encoder finds nothing of theirs.
    const [encoder, ...others] = model.textEncoders
    const weights = { ...encoder!.weights, 'text_model.final_layer_norm.bias': tf.ones([12]) }
    const other = await openEncodingCache(folder, { ...model, textEncoders: [{ ...encoder!, weights }, ...others] })
    await other.prepare(['red'])
    assert.equal(other.encode(['red']), undefined)
    weights['text_model.final_layer_norm.bias'].dispose()
  })

  it('make no difference to a run, but for the encoders’ work', async () => {
    const run = async (cache?: string) => {
      const settings = {
        method: 'ft',
        data,
        sampler: ddim(model.schedule, 4),
        batch: 2,
        iterations: 3,
        warmup: 0,
      } as const
      const events: TuneEvent[] = await all(tune(model, { ...settings, ...(cache && { cache }) }))
      const done = events.at(-1)!
      if (done.kind === 'done') tf.dispose(done.model.network.weights)
      const losses = events.flatMap(event => (event.kind === 'step' ? [event.losses.diffusion!] : []))
      return { losses, caching: events.filter((event): event is CachingEvent => event.kind === 'caching') }
    }
    const plain = await run()
    const [first, second] = [await run(folder), await run(folder)]
    assert.equal(plain.caching.length, 0)
    assert.deepEqual(second.caching, first.caching)
    assert.deepEqual(second.losses, first.losses)
    assert.equal(plain.losses.length, 3)
    for (const [i, loss] of plain.losses.entries()) assert.ok(Math.abs(loss - first.losses[i]!) < 1e-5 * loss)
  })

  it('free the text encoders of a released model while it is tuned and draws new prompts', async () => {
    const before = tf.memory()
    await saveDiffusionModel(model, join(folder, 'model'), { dtype: 'F16' })
    const values = ({ textEncoders }: DiffusionModel) =>
      textEncoders.map(encoder => Object.entries(encoder!.weights).map(([name, x]) => [name, x.dataSync()]))
    const run = async (more: object) => {
      const loaded = await loadDiffusionModel(join(folder, 'model'))
      const [there, encoders] = [tf.memory().numBytes, values(loaded)]
      const settings = { method: 'ft', data, sampler: ddim(loaded.schedule, 4), batch: 2, iterations: 2 } as const
      const prompts = ['on', 'red on red on']
      let atStart = 0
      const images: ArrayLike<number>[] = []
      for await (const event of tune(loaded, { ...settings, warmup: 0, prompts, samplesEvery: 2, ...more })) {
        // Before its first step a run holds the weights once, whichever they are.
        if (event.kind === 'start') atStart = tf.memory().numBytes - there
        if (event.kind === 'samples') images.push(event.images.data)
        if (event.kind !== 'done') continue
        assert.deepEqual(values(event.model), encoders)
        disposeDiffusionModel(event.model)
      }
      disposeDiffusionModel(loaded)
      return { atStart, images }
    }
    const cache = join(folder, 'cache')
    const plain = await run({ release: true })
    const freed = await run({ release: true, cache })
    const bytes = model.textEncoders
      .flatMap(encoder => Object.values(encoder!.weights))
      .reduce((sum, { size }) => sum + 4 * size, 0)
    assert.equal(plain.atStart - freed.atStart, bytes)
    assert.equal(freed.images.length, 2)
    for (const [i, image] of freed.images.entries())
      assert.ok(Array.from(image).every((value, k) => Math.abs(value - plain.images[i]![k]!) < 1e-4))
    assert.deepEqual(tf.memory().numTensors, before.numTensors)
    assert.deepEqual(tf.memory().numBytes, before.numBytes)
  })
})
