/** Folders that we save, opened and drawn from by diffusers itself: `npm run test:diffusers`. Needs a Python with diffusers. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { execa } from 'execa'
import type { Frame } from '../../src/data/index.js'
import {
  type DiffusionModel,
  disposeDiffusionModel,
  encodePrompts,
  initLora,
  latentShape,
  loadLora,
  readSafetensors,
  sample,
  saveDiffusionModel,
  saveLora,
  type TensorToWrite,
  type Weights,
  withLora,
  writeJson,
  writeSafetensors,
} from '../../src/models/index.js'
import { layoutNames, randomModel } from '../../src/pretraining/index.js'
import { ddim, flowEuler } from '../../src/samplers/index.js'
import { randomKey, randomNormal, tf } from '../../src/tensorflow/index.js'
import { peerFolder, python } from './peer.js'

const script = fileURLToPath(new URL('./draw.py', import.meta.url))
const prompts = ['red', 'on red']
const drawing = { prompts, steps: 4, guidance: 3, size: 16 }
const seed = 7

/** Largest distance of two arrays as a share of the second's largest number. */
function distance(got: ArrayLike<number>, expected: ArrayLike<number>): number {
  assert.equal(got.length, expected.length)
  let [apart, largest] = [0, 0]
  for (let i = 0; i < got.length; i++) {
    apart = Math.max(apart, Math.abs(got[i]! - expected[i]!))
    largest = Math.max(largest, Math.abs(expected[i]!))
  }
  return apart / largest
}

/** The noise that `sample` starts from, channels first. */
async function noiseOf(model: DiffusionModel): Promise<TensorToWrite> {
  const noise = tf.tidy(() =>
    tf.transpose(randomNormal([prompts.length, ...latentShape(model)], randomKey(seed)), [0, 3, 1, 2]),
  )
  const data = (await noise.data()) as Float32Array
  noise.dispose()
  return { dtype: 'F32', shape: noise.shape, data }
}

async function drawnByDiffusers(
  model: DiffusionModel,
  folder: string,
  { lora, more }: { lora?: string; more?: Record<string, unknown> } = {},
): Promise<(name: string) => ArrayLike<number>> {
  const saved = join(folder, 'saved')
  await saveDiffusionModel(model, saved)
  await writeJson(join(folder, 'request.json'), { ...drawing, ...(lora && { lora }), ...(more && { more }) })
  await writeSafetensors(join(folder, 'latents.safetensors'), { latents: await noiseOf(model) })
  const output = join(folder, 'drawn.safetensors')
  await execa(python!, [script, saved, join(folder, 'request.json'), join(folder, 'latents.safetensors'), output])
  const { tensors } = await readSafetensors(output)
  return name => tensors[name]!.data as Float32Array
}

/** What we draw, [prompts, 3, size, size] in [0, 1] as diffusers gives it. */
async function drawnByUs(
  model: DiffusionModel,
  more: { weights?: Weights; frame?: Frame } = {},
): Promise<ArrayLike<number>> {
  const sampler = samplerOf(model)
  const images = await sample(model, {
    prompts,
    sampler,
    guidance: drawing.guidance,
    seed,
    ...more,
  })
  const values = tf.tidy(() => tf.transpose(tf.div(tf.add(images, 1), 2), [0, 3, 1, 2]).dataSync())
  images.dispose()
  return values
}

const samplerOf = ({ schedule }: DiffusionModel) =>
  schedule.prediction === 'flow' ? flowEuler(schedule, drawing.steps) : ddim(schedule, drawing.steps)

describe('diffusers draws the same from a folder that ADT saved', function () {
  this.timeout(300_000)
  const folder = peerFolder()

  for (const family of layoutNames) {
    it(`${family}: texts and images`, async () => {
      const model = await randomModel(family)
      const theirs = await drawnByDiffusers(model, folder())
      const { context, pooled } = encodePrompts(model, prompts)
      assert.ok(distance(context.dataSync(), theirs('positive')) < 1e-4)
      if (pooled) assert.ok(distance(pooled.dataSync(), theirs('positive_pooled')) < 1e-4)
      const apart = distance(await drawnByUs(model), theirs('images'))
      console.log(`      images apart by ${apart.toExponential(1)} of the largest value`)
      assert.ok(apart < 1e-3)
      tf.dispose([context, ...(pooled ? [pooled] : [])])
      disposeDiffusionModel(model)
    })

    it(`${family}: low-rank changes, which peft loads, and saves again`, async () => {
      const model = await randomModel(family)
      const { weights } = model.network
      const lora = initLora(weights, 3, 1)
      // Factors as after tuning: those that start at zero are drawn, too.
      for (const [i, name] of Object.keys(lora).entries()) {
        if (!name.includes('lora_B')) continue
        const { shape } = lora[name]!
        lora[name]!.dispose()
        lora[name] = tf.tidy(() => tf.mul(randomNormal(shape, randomKey(2, i)), 0.3))
      }
      await saveLora(join(folder(), 'lora'), model.network, lora)
      const theirs = await drawnByDiffusers(model, folder(), { lora: join(folder(), 'lora') })
      const changed = withLora(weights, lora)
      const ours = await drawnByUs(model, { weights: changed })
      assert.ok(distance(await drawnByUs(model), ours) > 0.01)
      const apart = distance(ours, theirs('images'))
      console.log(`      images apart by ${apart.toExponential(1)} of the largest value`)
      assert.ok(apart < 1e-3)
      const again = await loadLora(join(folder(), 'lora-again'), model.network, weights)
      assert.deepEqual(Object.keys(again).sort(), Object.keys(lora).sort())
      for (const [name, tensor] of Object.entries(lora)) assert.deepEqual(again[name]!.dataSync(), tensor.dataSync())
      disposeDiffusionModel(model)
    })
  }

  it('sdxl: as if cut from a larger image', async () => {
    const model = await randomModel('sdxl')
    const frame: Frame = { original: [40, 24], corner: [3, 1] }
    const more = { original_size: frame.original, crops_coords_top_left: frame.corner }
    const theirs = await drawnByDiffusers(model, folder(), { more })
    const ours = await drawnByUs(model, { frame })
    assert.ok(distance(ours, theirs('images')) < 1e-3)
    assert.ok(distance(await drawnByUs(model), ours) > 1e-3)
    disposeDiffusionModel(model)
  })
})
