import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { imageFeatures, loadMetricClip, textFeatures } from '../../src/metrics/index.js'
import {
  initClipModel,
  loadModelFolder,
  saveModelFolder,
  type TensorToWrite,
  type Weights,
  writeJson,
  writeSafetensors,
} from '../../src/models/index.js'
import { kernelToDisk } from '../../src/models/weights.js'
import { tf } from '../../src/tensorflow/index.js'
import { smallClip, temporaryFolder, writeSmallTokenizer } from './small.js'

const config = {
  ...smallClip,
  text_config: { ...smallClip.text_config, hidden_act: 'gelu', eos_token_id: 2 },
  vision_config: { ...smallClip.vision_config, hidden_act: 'gelu' },
}
const { text_config: text, vision_config: vision } = config

/** The same network as OpenCLIP describes it. */
const openClipConfig = {
  model_cfg: {
    embed_dim: config.projection_dim,
    vision_cfg: {
      image_size: vision.image_size,
      layers: vision.num_hidden_layers,
      width: vision.hidden_size,
      head_width: vision.hidden_size / vision.num_attention_heads,
      patch_size: vision.patch_size,
      mlp_ratio: vision.intermediate_size / vision.hidden_size,
    },
    text_cfg: {
      context_length: text.max_position_embeddings,
      vocab_size: text.vocab_size,
      width: text.hidden_size,
      heads: text.num_attention_heads,
      layers: text.num_hidden_layers,
      mlp_ratio: text.intermediate_size / text.hidden_size,
    },
  },
  preprocess_cfg: { mean: [0.5, 0.4, 0.3], std: [0.2, 0.25, 0.3] },
}

/** transformers' weights under OpenCLIP's names: q, k and v in one matrix, projections turned. */
function inOpenClip(weights: Weights): Record<string, TensorToWrite> {
  const write = (tensor: tf.Tensor): TensorToWrite => ({
    dtype: 'F32',
    shape: tensor.shape,
    data: tensor.dataSync<'float32'>(),
  })
  const stored: Record<string, TensorToWrite> = {
    logit_scale: write(weights.logit_scale!),
    positional_embedding: write(weights['text_model.embeddings.position_embedding.weight']!),
    'token_embedding.weight': write(weights['text_model.embeddings.token_embedding.weight']!),
    text_projection: write(tf.transpose(weights['text_projection.weight']!)),
    'visual.class_embedding': write(weights['vision_model.embeddings.class_embedding']!),
    'visual.positional_embedding': write(weights['vision_model.embeddings.position_embedding.weight']!),
    'visual.conv1.weight': write(kernelToDisk(weights['vision_model.embeddings.patch_embedding.weight']!)),
    'visual.proj': write(tf.transpose(weights['visual_projection.weight']!)),
  }
  const norms = { ln_final: 'text_model.final_layer_norm', 'visual.ln_pre': 'vision_model.pre_layrnorm' }
  const layers: [string, string][] = [...Object.entries(norms), ['visual.ln_post', 'vision_model.post_layernorm']]
  for (const [tower, prefix] of [
    ['text_model', ''],
    ['vision_model', 'visual.'],
  ]) {
    for (let i = 0; i < 2; i++) {
      const [theirs, ours] = [`${prefix}transformer.resblocks.${i}`, `${tower}.encoder.layers.${i}`]
      layers.push([`${theirs}.ln_1`, `${ours}.layer_norm1`], [`${theirs}.ln_2`, `${ours}.layer_norm2`])
      layers.push([`${theirs}.attn.out_proj`, `${ours}.self_attn.out_proj`])
      layers.push([`${theirs}.mlp.c_fc`, `${ours}.mlp.fc1`], [`${theirs}.mlp.c_proj`, `${ours}.mlp.fc2`])
      for (const kind of ['weight', 'bias']) {
        const parts = ['q', 'k', 'v'].map(which => weights[`${ours}.self_attn.${which}_proj.${kind}`]!)
        stored[`${theirs}.attn.in_proj_${kind}`] = write(tf.concat(parts))
      }
    }
  }
  for (const [theirs, ours] of layers) {
    for (const kind of ['weight', 'bias']) stored[`${theirs}.${kind}`] = write(weights[`${ours}.${kind}`]!)
  }
  return stored
}

describe('a CLIP as OpenCLIP saves it', () => {
  let folder: string
  let weights: Weights
  before(async () => {
    folder = await temporaryFolder()
    weights = initClipModel(config, 1)
    // Biases and norms that are not zero and one.
    for (const [i, [name, tensor]] of Object.entries(weights).entries()) {
      if (tensor.rank !== 1) continue
      weights[name] = tf.tidy(() => tf.add(tensor, tf.mul(0.1, tf.sin(tf.range(i, i + tensor.size)))))
      tensor.dispose()
    }
    await writeJson(join(folder, 'open', 'open_clip_config.json'), openClipConfig)
    const stored = tf.tidy(() => inOpenClip(weights) as never) as Record<string, TensorToWrite>
    await writeSafetensors(join(folder, 'open', 'open_clip_model.safetensors'), stored)
    await writeSmallTokenizer(join(folder, 'open'))
    await saveModelFolder(join(folder, 'clip'), { config, weights })
    const { mean, std } = openClipConfig.preprocess_cfg
    await writeJson(join(folder, 'clip', 'preprocessor_config.json'), { image_mean: mean, image_std: std })
    await writeSmallTokenizer(join(folder, 'clip'))
  })
  after(async () => {
    tf.dispose(weights)
    await rm(folder, { recursive: true })
  })

  it('has the same weights as transformers’ CLIPModel', async () => {
    const loaded = await loadModelFolder(join(folder, 'open'))
    assert.equal(loaded.className, 'CLIPModel')
    assert.deepEqual(Object.keys(loaded.weights).sort(), Object.keys(weights).sort())
    for (const [name, tensor] of Object.entries(weights)) {
      assert.deepEqual(loaded.weights[name]!.shape, tensor.shape, name)
      assert.deepEqual(loaded.weights[name]!.dataSync(), tensor.dataSync(), name)
    }
    tf.dispose(loaded.weights)
  })

  it('measures the same', async () => {
    const [open, clip] = [await loadMetricClip(join(folder, 'open')), await loadMetricClip(join(folder, 'clip'))]
    const images = { data: Uint8Array.from({ length: 2 * 8 * 8 * 3 }, (_, i) => (i * 37) % 256), shape: [2, 8, 8, 3] }
    assert.deepEqual(await imageFeatures(open, images), await imageFeatures(clip, images))
    assert.deepEqual(await textFeatures(open, ['red', 'on']), await textFeatures(clip, ['red', 'on']))
    tf.dispose([open.model.weights, clip.model.weights])
  })

  it('names the field, or the tensor, that is not right', async () => {
    const file = join(folder, 'open', 'open_clip_config.json')
    const { vision_cfg } = openClipConfig.model_cfg
    await writeJson(file, { ...openClipConfig, model_cfg: { ...openClipConfig.model_cfg, embed_dim: 'six' } })
    await assert.rejects(loadModelFolder(join(folder, 'open')), /open_clip_config\.json.*"model_cfg\.embed_dim"/)
    const wider = { ...openClipConfig.model_cfg, vision_cfg: { ...vision_cfg, layers: 3 } }
    await writeJson(file, { ...openClipConfig, model_cfg: wider })
    await assert.rejects(loadModelFolder(join(folder, 'open')), /lack "vision_model\.encoder\.layers\.2/)
  })
})
