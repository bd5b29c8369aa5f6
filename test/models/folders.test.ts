import assert from 'node:assert/strict'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  initUnet2DCondition,
  loadModelFolder,
  type ModelConfig,
  readSafetensors,
  saveModelFolder,
  unet2DConditionParameters,
  type Weights,
  writeJson,
  writeSafetensors,
} from '../../src/models/index.js'
import { tf } from '../../src/tensorflow/index.js'
import { smallUnet, temporaryFolder } from './small.js'

describe('model folders', () => {
  let folder: string
  let weights: Weights
  const file = () => join(folder, 'diffusion_pytorch_model.safetensors')
  before(() => {
    weights = initUnet2DCondition(smallUnet, 1)
  })
  after(() => tf.dispose(weights))
  beforeEach(async () => {
    folder = await temporaryFolder()
    await saveModelFolder(folder, { config: smallUnet, weights }, { metadata: { recipe: 'test' } })
  })
  afterEach(() => rm(folder, { recursive: true }))

  async function sameAs(expected: Weights, found: Weights, tolerance = 0) {
    assert.deepEqual(Object.keys(found).sort(), Object.keys(expected).sort())
    for (const [name, tensor] of Object.entries(expected)) {
      assert.deepEqual(found[name]!.shape, tensor.shape)
      const [a, b] = [await tensor.data(), await found[name]!.data()]
      assert.ok(
        a.every((value, i) => Math.abs(value - b[i]!) <= tolerance * Math.max(1e-3, Math.abs(value))),
        name,
      )
    }
    tf.dispose(found)
  }

  /** Rewrites the file with changed tensors. */
  async function change(edit: (tensors: Awaited<ReturnType<typeof readSafetensors>>['tensors']) => void) {
    const { tensors } = await readSafetensors(file())
    edit(tensors)
    await writeSafetensors(file(), tensors)
  }

  it('writes floats as floats where transformers asks for them', async () => {
    await writeJson(join(folder, 'other.json'), { layerscale_value: 1, image_size: 32 })
    assert.match(
      await readFile(join(folder, 'other.json'), 'utf8'),
      /"layerscale_value": 1\.0,\n {2}"image_size": 32\n/,
    )
  })

  it('loads what it saved, to the bit', async () => {
    const model = await loadModelFolder(folder)
    assert.equal(model.className, 'UNet2DConditionModel')
    assert.deepEqual(model.config, smallUnet)
    await sameAs(weights, model.weights)
    assert.deepEqual((await readSafetensors(file())).metadata, { format: 'pt', recipe: 'test' })
  })

  it('stores kernels as torch does: [out, in, rows, columns]', async () => {
    const { shape, data } = (await readSafetensors(file())).tensors['conv_in.weight']!
    assert.deepEqual(shape, [8, 3, 3, 3])
    const held = await (weights['conv_in.weight'] as tf.Tensor4D).array()
    assert.equal(data[((5 * 3 + 2) * 3 + 1) * 3 + 0], held[1]![0]![2]![5])
  })

  it('stores half precision in half the bytes', async () => {
    for (const [dtype, tolerance] of [
      ['F16', 2 ** -11],
      ['BF16', 2 ** -8],
    ] as const) {
      await saveModelFolder(folder, { config: smallUnet, weights }, { dtype })
      await sameAs(weights, (await loadModelFolder(folder)).weights, tolerance)
    }
  })

  it('reads shards through their index', async () => {
    const { tensors } = await readSafetensors(file())
    await rm(file())
    const names = Object.keys(tensors)
    const shards = { 'a-00001-of-00002.safetensors': names.slice(0, 9), 'a-00002-of-00002.safetensors': names.slice(9) }
    const map: Record<string, string> = {}
    for (const [shard, names] of Object.entries(shards)) {
      await writeSafetensors(join(folder, shard), Object.fromEntries(names.map(name => [name, tensors[name]!])))
      for (const name of names) map[name] = shard
    }
    const index = join(folder, 'diffusion_pytorch_model.safetensors.index.json')
    await writeJson(index, { metadata: {}, weight_map: map })
    await sameAs(weights, (await loadModelFolder(folder)).weights)
    await writeJson(index, { weight_map: { ...map, 'conv_in.bias': '../../secret.safetensors' } })
    await assert.rejects(
      loadModelFolder(folder),
      /names "\.\.\/\.\.\/secret\.safetensors", not a safetensors file beside it/,
    )
  })

  it('says which tensor is missing, unexpected, misshapen or not finite, and leaks nothing', async () => {
    const before = tf.memory().numTensors
    await change(tensors => delete tensors['conv_out.bias'])
    await assert.rejects(loadModelFolder(folder), /the weights lack "conv_out\.bias"/)
    await change(tensors => Object.assign(tensors, { 'conv_out.bias': tensors['conv_out.weight'] }))
    await assert.rejects(loadModelFolder(folder), /"conv_out\.bias" is \[3,8,3,3\], but config\.json implies \[3\]/)
    await change(tensors =>
      Object.assign(tensors, { 'conv_out.bias': { dtype: 'F32', shape: [3], data: [0, Number.NaN, 0] } }),
    )
    await assert.rejects(loadModelFolder(folder), /"conv_out\.bias" holds NaN at element 1/)
    await change(tensors => Object.assign(tensors, { 'conv_out.gain': tensors['conv_out.bias'] }))
    await assert.rejects(loadModelFolder(folder), /hold "conv_out\.gain", which config\.json does not imply/)
    assert.equal(tf.memory().numTensors, before)
  })

  it('says which file is missing, and what is there instead', async () => {
    await rm(file())
    await writeFile(join(folder, 'diffusion_pytorch_model.bin'), '')
    await assert.rejects(
      loadModelFolder(folder),
      /neither diffusion_pytorch_model\.safetensors nor its index; it holds diffusion_pytorch_model\.bin/,
    )
    await assert.rejects(loadModelFolder(join(folder, 'absent')), /config\.json: no such file/)
    await writeFile(join(folder, 'config.json'), '{"a": ')
    await assert.rejects(loadModelFolder(folder), /config\.json: not valid JSON/)
    await writeJson(join(folder, 'config.json'), { _class_name: 'Transformer1D' })
    await assert.rejects(loadModelFolder(folder), /neither|no network of class "Transformer1D"/)
  })

  it('names the field of a configuration that is wrong or not supported', () => {
    const cases: [ModelConfig, RegExp][] = [
      [{ act_fn: 'mish' }, /"act_fn": "mish" is not supported, only "silu" or "swish"/],
      [{ class_embed_type: 'timestep' }, /"class_embed_type": "timestep" is not supported/],
      [{ down_block_types: ['DownBlock2D', 'AttnDownBlock2D'] }, /"down_block_types\.1"/],
      [{ block_out_channels: [8, 18] }, /"norm_num_groups": 4 does not divide 18 channels/],
      [{ attention_head_dim: [2, 3] }, /"attention_head_dim": 3 heads do not divide 16 channels/],
      [{ cross_attention_dim: [12] }, /"cross_attention_dim": needs 2 entries/],
      [{ addition_embed_type: 'text_time' }, /"addition_time_embed_dim": is needed/],
      [{ wavelets: 3 }, /"wavelets": is not a field that is known here/],
    ]
    for (const [fields, message] of cases) {
      assert.throws(() => unet2DConditionParameters({ ...smallUnet, ...fields }), message)
    }
  })
})
