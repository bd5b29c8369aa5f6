import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import {
  initLora,
  initUnet2DCondition,
  loadLora,
  readSafetensors,
  saveLora,
  type Weights,
  writeSafetensors,
} from '../../src/models/index.js'
import { tf } from '../../src/tensorflow/index.js'
import { smallUnet, temporaryFolder } from './small.js'

describe('files of low-rank changes', () => {
  const network = { className: 'UNet2DConditionModel' }
  let folder: string
  let weights: Weights
  let lora: Weights
  before(async () => {
    folder = await temporaryFolder()
    weights = initUnet2DCondition(smallUnet, 1)
    lora = initLora(weights, 2, 1)
    const zeros = Object.keys(lora).filter(name => name.endsWith('lora_B.weight'))
    for (const name of zeros) {
      const { shape } = lora[name]!
      lora[name]!.dispose()
      lora[name] = tf.fill(shape, 0.5)
    }
    await saveLora(folder, network, lora)
  })
  after(async () => {
    tf.dispose([weights, lora])
    await rm(folder, { recursive: true })
  })

  /** The file with peft's settings in its header, as diffusers keeps them. */
  async function loadWith(settings: Record<string, unknown>): Promise<Weights> {
    const { tensors } = await readSafetensors(join(folder, 'pytorch_lora_weights.safetensors'))
    const given = Object.fromEntries(Object.entries(settings).map(([name, value]) => [`unet.${name}`, value]))
    await writeSafetensors(join(folder, 'set', 'pytorch_lora_weights.safetensors'), tensors, {
      lora_adapter_metadata: JSON.stringify(given),
    })
    return loadLora(join(folder, 'set'), network, weights)
  }

  it('hold the factors under the names of peft', async () => {
    const loaded = await loadLora(folder, network, weights)
    assert.deepEqual(Object.keys(loaded).sort(), Object.keys(lora).sort())
    for (const [name, tensor] of Object.entries(lora)) assert.deepEqual(loaded[name]!.dataSync(), tensor.dataSync())
    tf.dispose(loaded)
  })

  it('may say by what peft multiplies the product', async () => {
    const loaded = await loadWith({ r: 2, lora_alpha: 6 })
    for (const [name, tensor] of Object.entries(lora)) {
      const factor = name.endsWith('lora_B.weight') ? 3 : 1
      assert.deepEqual(
        [...loaded[name]!.dataSync()],
        [...tensor.dataSync()].map(x => Math.fround(x * factor)),
      )
    }
    tf.dispose(loaded)
  })

  it('are refused where their layers are multiplied by different numbers', async () => {
    const settings = { r: 2, lora_alpha: 2, alpha_pattern: { to_q: 4 } }
    await assert.rejects(loadWith(settings), /only factors with one "lora_alpha" and "r".*merge them with peft/)
    await assert.rejects(loadWith({ r: 2 }), /only factors with one/)
  })
})
