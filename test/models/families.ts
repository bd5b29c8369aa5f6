import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  type DiffusionModel,
  initAutoencoder,
  initClipText,
  initSd3Transformer,
  initT5Encoder,
  initUnet2DCondition,
  loadTokenizer,
  type Model,
  type ModelConfig,
  type TextEncoder,
} from '../../src/models/index.js'
import { scheduleFromConfig } from '../../src/samplers/index.js'
import { smallText, writeSmallTokenizer } from './small.js'

export const families = ['sd', 'sdxl', 'sd3'] as const
export type Family = (typeof families)[number]

const unet: ModelConfig = {
  sample_size: 8,
  in_channels: 4,
  out_channels: 4,
  block_out_channels: [8, 16],
  layers_per_block: 1,
  norm_num_groups: 4,
  cross_attention_dim: 12,
  down_block_types: ['CrossAttnDownBlock2D', 'DownBlock2D'],
  up_block_types: ['UpBlock2D', 'CrossAttnUpBlock2D'],
  attention_head_dim: 2,
}
const sdxlUnet: ModelConfig = {
  ...unet,
  cross_attention_dim: 28,
  down_block_types: ['DownBlock2D', 'CrossAttnDownBlock2D'],
  up_block_types: ['CrossAttnUpBlock2D', 'UpBlock2D'],
  attention_head_dim: [1, 2],
  transformer_layers_per_block: [1, 2],
  use_linear_projection: true,
  addition_embed_type: 'text_time',
  addition_time_embed_dim: 6,
  projection_class_embeddings_input_dim: 10 + 6 * 6,
}
const transformer: ModelConfig = {
  sample_size: 8,
  patch_size: 2,
  in_channels: 16,
  num_layers: 2,
  attention_head_dim: 8,
  num_attention_heads: 2,
  caption_projection_dim: 16,
  joint_attention_dim: 32,
  pooled_projection_dim: 8 + 10,
  pos_embed_max_size: 6,
  qk_norm: 'rms_norm',
  dual_attention_layers: [0],
}
const autoencoder = (family: Family): ModelConfig => ({
  block_out_channels: [8, 16],
  down_block_types: ['DownEncoderBlock2D', 'DownEncoderBlock2D'],
  up_block_types: ['UpDecoderBlock2D', 'UpDecoderBlock2D'],
  layers_per_block: 1,
  norm_num_groups: 4,
  sample_size: 16,
  ...(family === 'sd3'
    ? {
        latent_channels: 16,
        scaling_factor: 1.5305,
        shift_factor: 0.0609,
        use_quant_conv: false,
        use_post_quant_conv: false,
      }
    : { latent_channels: 4, scaling_factor: family === 'sd' ? 0.18215 : 0.13025 }),
})
const largerText: ModelConfig = {
  ...smallText,
  hidden_size: 16,
  hidden_act: 'gelu',
  num_hidden_layers: 3,
  projection_dim: 10,
}
const t5: ModelConfig = {
  architectures: ['T5EncoderModel'],
  feed_forward_proj: 'gated-gelu',
  d_model: 32,
  d_kv: 8,
  d_ff: 40,
  num_layers: 2,
  num_heads: 2,
  vocab_size: 12,
}

/** DDIM as Stable Diffusion has it; velocity, because random networks' noise would take every image out of [−1, 1]. */
const ddimConfig = {
  _class_name: 'DDIMScheduler',
  beta_start: 0.00085,
  beta_end: 0.012,
  beta_schedule: 'scaled_linear',
  prediction_type: 'v_prediction',
  clip_sample: false,
  set_alpha_to_one: false,
  steps_offset: 1,
}
const flowConfig = { _class_name: 'FlowMatchEulerDiscreteScheduler', num_train_timesteps: 1000, shift: 3 }

/**
 * A model of random weights, tiny, in the layout of Stable Diffusion 1.5, XL or 3: latents 8×8, images 16×16.
 *
 * @param folder where its tokenizers are written
 */
export async function randomModel(family: Family, folder: string, seed = 1): Promise<DiffusionModel> {
  const clip = join(folder, 'clip')
  await writeSmallTokenizer(clip)
  const model = (className: string, config: ModelConfig, weights: Model['weights']): Model => ({
    className,
    config,
    weights,
  })
  const clipEncoder = async (config: ModelConfig, projection: boolean, seed: number): Promise<TextEncoder> => ({
    ...model(
      projection ? 'CLIPTextModelWithProjection' : 'CLIPTextModel',
      config,
      initClipText(config, seed, { projection }),
    ),
    tokenizer: await loadTokenizer(clip),
  })
  const first = family === 'sd3' ? { ...smallText, projection_dim: 8 } : smallText
  const textEncoders = [await clipEncoder(first, family === 'sd3', seed + 1)]
  if (family !== 'sd') textEncoders.push(await clipEncoder(largerText, true, seed + 2))
  if (family === 'sd3') {
    await writeT5Tokenizer(join(folder, 't5'))
    const tokenizer = await loadTokenizer(join(folder, 't5'))
    textEncoders.push({ ...model('T5EncoderModel', t5, initT5Encoder(t5, seed + 3)), tokenizer })
  }
  const network =
    family === 'sd3'
      ? model('SD3Transformer2DModel', transformer, initSd3Transformer(transformer, seed))
      : model('UNet2DConditionModel', ...unetOf(family === 'sd' ? unet : sdxlUnet, seed))
  const vae = autoencoder(family)
  const schedulerConfig = family === 'sd3' ? flowConfig : ddimConfig
  return {
    network,
    textEncoders,
    autoencoder: model('AutoencoderKL', vae, initAutoencoder(vae, seed + 4)),
    schedule: scheduleFromConfig(schedulerConfig),
    schedulerConfig,
  }
}

const unetOf = (config: ModelConfig, seed: number) => [config, initUnet2DCondition(config, seed)] as const

/** A tokenizer folder as Stable Diffusion 3's `tokenizer_3` is: pieces with their log-probabilities in tokenizer.json. */
async function writeT5Tokenizer(folder: string): Promise<void> {
  const special = ['<pad>', '</s>', '<unk>']
  const pieces = ['▁', '▁red', '▁on', 'r', 'e', 'd', 'o', 'n', 'x']
  const vocab = [...special.map(token => [token, 0]), ...pieces.map((piece, i) => [piece, -1 - i / 10])]
  const added = special.map((content, id) => ({
    id,
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
  }))
  const metaspace = { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always', split: true }
  const end = { SpecialToken: { id: '</s>', type_id: 0 } }
  const definition = {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: added,
    normalizer: null,
    pre_tokenizer: { type: 'Sequence', pretokenizers: [{ type: 'WhitespaceSplit' }, metaspace] },
    post_processor: {
      type: 'TemplateProcessing',
      single: [{ Sequence: { id: 'A', type_id: 0 } }, end],
      pair: [{ Sequence: { id: 'A', type_id: 0 } }, end, { Sequence: { id: 'B', type_id: 0 } }, end],
      special_tokens: { '</s>': { id: '</s>', ids: [1], tokens: ['</s>'] } },
    },
    decoder: metaspace,
    model: { type: 'Unigram', unk_id: 2, vocab, byte_fallback: false },
  }
  const config = {
    tokenizer_class: 'T5TokenizerFast',
    model_max_length: 512,
    eos_token: '</s>',
    pad_token: '<pad>',
    unk_token: '<unk>',
    extra_ids: 0,
  }
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'tokenizer.json'), JSON.stringify(definition))
  await writeFile(join(folder, 'tokenizer_config.json'), JSON.stringify(config))
}
