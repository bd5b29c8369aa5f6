import type { ModelConfig } from '../models/index.js'
import type { SchedulerConfig } from '../samplers/index.js'

/** The families of models that the paper tunes. */
export const layoutNames = ['sd15', 'sdxl', 'sd3'] as const
export type LayoutName = (typeof layoutNames)[number]

/** The configurations of a pipeline's parts, without the sizes of their vocabularies, which are the tokenizers'. */
export interface Layout {
  network: { className: string; config: ModelConfig }
  /** of CLIP's encoders, then of T5's where there is one */
  textEncoders: { className: string; config: ModelConfig }[]
  autoencoder: ModelConfig
  scheduler: SchedulerConfig & { _class_name: string }
  /** tokens of a text for CLIP */
  tokens: number
}

const part = (className: string, config: ModelConfig) => ({ className, config })
const clip = (width: number, layers: number, heads: number, more: ModelConfig = {}): ModelConfig => ({
  hidden_size: width,
  intermediate_size: 4 * width,
  num_hidden_layers: layers,
  num_attention_heads: heads,
  ...more,
})
const largeText = clip(1280, 32, 20, { hidden_act: 'gelu', projection_dim: 1280 })

/** A convolutional autoencoder with as many levels as there are channels, each but the last halving the image. */
const autoencoder = (channels: number[], groups: number, layers: number, more: ModelConfig): ModelConfig => ({
  block_out_channels: channels,
  down_block_types: channels.map(() => 'DownEncoderBlock2D'),
  up_block_types: channels.map(() => 'UpDecoderBlock2D'),
  layers_per_block: layers,
  norm_num_groups: groups,
  ...more,
})
const latents = {
  sd15: { latent_channels: 4, scaling_factor: 0.18215 },
  sdxl: { latent_channels: 4, scaling_factor: 0.13025 },
  sd3: {
    latent_channels: 16,
    scaling_factor: 1.5305,
    shift_factor: 0.0609,
    use_quant_conv: false,
    use_post_quant_conv: false,
  },
}

const ddim = {
  _class_name: 'DDIMScheduler',
  beta_start: 0.00085,
  beta_end: 0.012,
  beta_schedule: 'scaled_linear',
  prediction_type: 'epsilon',
  clip_sample: false,
  set_alpha_to_one: false,
  steps_offset: 1,
} as const
/** An untrained network's noise takes images far out of [−1, 1]; its velocity does not. */
const velocity = { ...ddim, prediction_type: 'v_prediction' } as const
const flow = { _class_name: 'FlowMatchEulerDiscreteScheduler', num_train_timesteps: 1000, shift: 3 } as const

const unet = { in_channels: 4, out_channels: 4 }
const sdxlUnet = {
  ...unet,
  down_block_types: ['DownBlock2D', 'CrossAttnDownBlock2D', 'CrossAttnDownBlock2D'],
  up_block_types: ['CrossAttnUpBlock2D', 'CrossAttnUpBlock2D', 'UpBlock2D'],
  use_linear_projection: true,
  addition_embed_type: 'text_time',
}

/** Stable Diffusion 1.5, XL and 3 medium as published: 512² and 1024² images. */
export const fullLayouts: Record<LayoutName, Layout> = {
  sd15: {
    network: part('UNet2DConditionModel', {
      ...unet,
      sample_size: 64,
      cross_attention_dim: 768,
      attention_head_dim: 8,
    }),
    textEncoders: [part('CLIPTextModel', clip(768, 12, 12))],
    autoencoder: autoencoder([128, 256, 512, 512], 32, 2, { ...latents.sd15, sample_size: 512 }),
    scheduler: ddim,
    tokens: 77,
  },
  sdxl: {
    network: part('UNet2DConditionModel', {
      ...sdxlUnet,
      sample_size: 128,
      block_out_channels: [320, 640, 1280],
      transformer_layers_per_block: [1, 2, 10],
      attention_head_dim: [5, 10, 20],
      cross_attention_dim: 2048,
      addition_time_embed_dim: 256,
      projection_class_embeddings_input_dim: 1280 + 6 * 256,
    }),
    textEncoders: [part('CLIPTextModel', clip(768, 12, 12)), part('CLIPTextModelWithProjection', largeText)],
    autoencoder: autoencoder([128, 256, 512, 512], 32, 2, { ...latents.sdxl, sample_size: 1024 }),
    scheduler: ddim,
    tokens: 77,
  },
  sd3: {
    network: part('SD3Transformer2DModel', {
      sample_size: 128,
      num_layers: 24,
      num_attention_heads: 24,
      attention_head_dim: 64,
      joint_attention_dim: 4096,
      caption_projection_dim: 1536,
      pooled_projection_dim: 2048,
      pos_embed_max_size: 192,
    }),
    textEncoders: [
      part('CLIPTextModelWithProjection', clip(768, 12, 12, { projection_dim: 768 })),
      part('CLIPTextModelWithProjection', largeText),
      part('T5EncoderModel', { d_model: 4096, d_kv: 64, d_ff: 10240, num_layers: 24, num_heads: 64 }),
    ],
    autoencoder: autoencoder([128, 256, 512, 512], 32, 2, { ...latents.sd3, sample_size: 1024 }),
    scheduler: flow,
    tokens: 77,
  },
}

const smallUnet = {
  sample_size: 8,
  block_out_channels: [8, 16],
  layers_per_block: 1,
  norm_num_groups: 4,
}
const smallText = clip(12, 2, 2)
const smallAutoencoder = (more: ModelConfig) => autoencoder([8, 16], 4, 1, { ...more, sample_size: 16 })
const secondText = clip(16, 3, 2, { hidden_act: 'gelu', projection_dim: 10 })

/** The same parts with little in them: latents of 8×8, images of 16×16, a step in milliseconds. */
export const smallLayouts: Record<LayoutName, Layout> = {
  sd15: {
    network: part('UNet2DConditionModel', {
      ...unet,
      ...smallUnet,
      down_block_types: ['CrossAttnDownBlock2D', 'DownBlock2D'],
      up_block_types: ['UpBlock2D', 'CrossAttnUpBlock2D'],
      attention_head_dim: 2,
      cross_attention_dim: 12,
    }),
    textEncoders: [part('CLIPTextModel', smallText)],
    autoencoder: smallAutoencoder(latents.sd15),
    scheduler: velocity,
    tokens: 12,
  },
  sdxl: {
    network: part('UNet2DConditionModel', {
      ...sdxlUnet,
      ...smallUnet,
      down_block_types: ['DownBlock2D', 'CrossAttnDownBlock2D'],
      up_block_types: ['CrossAttnUpBlock2D', 'UpBlock2D'],
      transformer_layers_per_block: [1, 2],
      attention_head_dim: [1, 2],
      cross_attention_dim: 12 + 16,
      addition_time_embed_dim: 6,
      projection_class_embeddings_input_dim: 10 + 6 * 6,
    }),
    textEncoders: [part('CLIPTextModel', smallText), part('CLIPTextModelWithProjection', secondText)],
    autoencoder: smallAutoencoder(latents.sdxl),
    scheduler: velocity,
    tokens: 12,
  },
  sd3: {
    network: part('SD3Transformer2DModel', {
      sample_size: 8,
      num_layers: 2,
      num_attention_heads: 2,
      attention_head_dim: 8,
      joint_attention_dim: 32,
      caption_projection_dim: 16,
      pooled_projection_dim: 8 + 10,
      pos_embed_max_size: 6,
      qk_norm: 'rms_norm',
      dual_attention_layers: [0],
    }),
    textEncoders: [
      part('CLIPTextModelWithProjection', { ...smallText, projection_dim: 8 }),
      part('CLIPTextModelWithProjection', secondText),
      part('T5EncoderModel', { d_model: 32, d_kv: 8, d_ff: 40, num_layers: 2, num_heads: 2 }),
    ],
    autoencoder: smallAutoencoder(latents.sd3),
    scheduler: flow,
    tokens: 12,
  },
}
