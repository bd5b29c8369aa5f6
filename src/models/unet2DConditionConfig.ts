import { z } from 'zod'
import { configParser, count, layerCount, only } from './config.js'

const perBlock = z.union([count, z.array(count)])
const layersPerBlock = z.union([layerCount, z.array(layerCount)])
const schema = z
  .object({
    in_channels: count.default(4),
    out_channels: count.default(4),
    flip_sin_to_cos: z.boolean().default(true),
    freq_shift: z.number().default(0),
    down_block_types: z
      .array(z.enum(['CrossAttnDownBlock2D', 'DownBlock2D']))
      .min(1)
      .default(['CrossAttnDownBlock2D', 'CrossAttnDownBlock2D', 'CrossAttnDownBlock2D', 'DownBlock2D']),
    up_block_types: z
      .array(z.enum(['CrossAttnUpBlock2D', 'UpBlock2D']))
      .min(1)
      .default(['UpBlock2D', 'CrossAttnUpBlock2D', 'CrossAttnUpBlock2D', 'CrossAttnUpBlock2D']),
    block_out_channels: z.array(count).min(1).max(16).default([320, 640, 1280, 1280]),
    layers_per_block: layersPerBlock.default(2),
    mid_block_scale_factor: z.number().positive().default(1),
    norm_num_groups: count.default(32),
    norm_eps: z.number().positive().default(1e-5),
    cross_attention_dim: perBlock.default(1280),
    transformer_layers_per_block: layersPerBlock.default(1),
    reverse_transformer_layers_per_block: z.array(layerCount).nullable().default(null),
    attention_head_dim: perBlock.default(8),
    use_linear_projection: z.boolean().default(false),
    addition_embed_type: z.literal('text_time').nullable().default(null),
    addition_time_embed_dim: count.nullable().default(null),
    projection_class_embeddings_input_dim: count.nullable().default(null),
    time_embedding_dim: count.nullable().default(null),
    // How precisely attention is computed: here always in float32.
    upcast_attention: z.boolean().nullable().default(false),
    // Read by pipelines or by layers that are not supported.
    sample_size: z.unknown().optional(),
    addition_embed_type_num_heads: z.unknown().optional(),
    dropout: only(0),
    act_fn: only('silu', 'swish'),
    attention_type: only('default'),
    center_input_sample: only(false),
    class_embed_type: only(null),
    class_embeddings_concat: only(false),
    conv_in_kernel: only(3),
    conv_out_kernel: only(3),
    cross_attention_norm: only(null),
    downsample_padding: only(1),
    dual_cross_attention: only(false),
    encoder_hid_dim: only(null),
    encoder_hid_dim_type: only(null),
    mid_block_only_cross_attention: only(null, false),
    mid_block_type: only('UNetMidBlock2DCrossAttn'),
    num_attention_heads: only(null),
    num_class_embeds: only(null),
    only_cross_attention: only(false),
    resnet_out_scale_factor: only(1),
    resnet_skip_time_act: only(false),
    resnet_time_scale_shift: only('default'),
    time_cond_proj_dim: only(null),
    time_embedding_act_fn: only(null),
    time_embedding_type: only('positional'),
    timestep_post_act: only(null),
  })
  .catchall(z.unknown())
  .superRefine((config, context) => {
    const problem = (field: string, message: string) => context.addIssue({ code: 'custom', path: [field], message })
    const blocks = config.block_out_channels.length
    for (const field of ['down_block_types', 'up_block_types'] as const) {
      if (config[field].length !== blocks) problem(field, `needs one type for each of the ${blocks} block_out_channels`)
    }
    const lists = [
      'layers_per_block',
      'cross_attention_dim',
      'transformer_layers_per_block',
      'attention_head_dim',
    ] as const
    for (const field of [...lists, 'reverse_transformer_layers_per_block'] as const) {
      const value = config[field]
      if (Array.isArray(value) && value.length !== blocks)
        problem(field, `needs ${blocks} entries, as block_out_channels`)
    }
    config.block_out_channels.forEach((channels, i) => {
      if (channels % config.norm_num_groups)
        problem('norm_num_groups', `${config.norm_num_groups} does not divide ${channels} channels`)
      const heads = entry(config.attention_head_dim, i)!
      const attends =
        config.down_block_types[i] === 'CrossAttnDownBlock2D' ||
        config.up_block_types.at(-1 - i) === 'CrossAttnUpBlock2D'
      if (attends && channels % heads)
        problem('attention_head_dim', `${heads} heads do not divide ${channels} channels`)
    })
    if (config.block_out_channels[0]! % 2)
      problem('block_out_channels', 'the first must be even: it holds sines and cosines')
    if (config.addition_embed_type === 'text_time') {
      for (const field of ['addition_time_embed_dim', 'projection_class_embeddings_input_dim'] as const) {
        if (config[field] === null) problem(field, 'is needed with addition_embed_type "text_time"')
      }
    }
    for (const [field, value] of Object.entries(config)) {
      const known = field in schemaFields || field.startsWith('_') || value === null || value === false
      if (!known) problem(field, 'is not a field that is known here, so it might change the network')
    }
  })

/** A ResNet block: [B, H, W, inputs] → [B, H, W, outputs]. */
interface ResnetPlan {
  inputs: number
  outputs: number
}

/** The transformer that follows each ResNet block of a level. */
export interface AttentionPlan {
  heads: number
  layers: number
  contextChannels: number
}

/** One level of the U on its way down or up. */
export interface LevelPlan {
  resnets: ResnetPlan[]
  attention: AttentionPlan | null
  channels: number
  /** whether a convolution halves, or doubles, the image at the end */
  resamples: boolean
}

/** The network as its diagram: what `config.json` implies, with diffusers' rules for lists and reversed lists resolved. */
export interface UNetPlan {
  inChannels: number
  outChannels: number
  timeChannels: number
  /** channels of the time embedding after its two linear layers */
  embedChannels: number
  flipSinToCos: boolean
  freqShift: number
  groups: number
  epsilon: number
  linearProjection: boolean
  /** SDXL's embedding of pooled text and image sizes */
  added: { timeChannels: number; inputs: number } | null
  down: LevelPlan[]
  middle: { channels: number; attention: AttentionPlan; scale: number }
  up: LevelPlan[]
}

const schemaFields = schema.shape
const entry = (value: number | number[], i: number) => (Array.isArray(value) ? value[i] : value)

/** Reads a UNet2DConditionModel's config.json; errors name the field. */
export const unetPlan = configParser('UNet2DConditionModel', schema.transform(toPlan))

function toPlan(config: z.output<typeof schema>): UNetPlan {
  const channels = config.block_out_channels
  const levels = channels.length
  /** `attention_head_dim` holds the number of heads: a misnomer that diffusers keeps for published files. */
  const attention = (i: number, layers: number): AttentionPlan => ({
    heads: entry(config.attention_head_dim, i)!,
    layers,
    contextChannels: entry(config.cross_attention_dim, i)!,
  })
  const layersDown = (i: number) => entry(config.transformer_layers_per_block, i)!
  const down = channels.map((outputs, i): LevelPlan => {
    const inputs = channels[Math.max(i - 1, 0)]!
    return {
      resnets: Array.from({ length: entry(config.layers_per_block, i)! }, (_, j) => ({
        inputs: j ? outputs : inputs,
        outputs,
      })),
      attention: config.down_block_types[i] === 'CrossAttnDownBlock2D' ? attention(i, layersDown(i)) : null,
      channels: outputs,
      resamples: i < levels - 1,
    }
  })
  const up = channels.map((_, k): LevelPlan => {
    const i = levels - 1 - k
    const outputs = channels[i]!
    const length = entry(config.layers_per_block, i)! + 1
    const resnets = Array.from({ length }, (_, j) => {
      const skip = j === length - 1 ? channels[Math.max(i - 1, 0)]! : outputs
      return { inputs: (j ? outputs : channels[Math.min(i + 1, levels - 1)]!) + skip, outputs }
    })
    const layers = config.reverse_transformer_layers_per_block?.[k] ?? layersDown(i)
    return {
      resnets,
      attention: config.up_block_types[k] === 'CrossAttnUpBlock2D' ? attention(i, layers) : null,
      channels: outputs,
      resamples: k < levels - 1,
    }
  })
  return {
    inChannels: config.in_channels,
    outChannels: config.out_channels,
    timeChannels: channels[0]!,
    embedChannels: config.time_embedding_dim ?? 4 * channels[0]!,
    flipSinToCos: config.flip_sin_to_cos,
    freqShift: config.freq_shift,
    groups: config.norm_num_groups,
    epsilon: config.norm_eps,
    linearProjection: config.use_linear_projection,
    added: config.addition_embed_type && {
      timeChannels: config.addition_time_embed_dim!,
      inputs: config.projection_class_embeddings_input_dim!,
    },
    down,
    middle: {
      channels: channels.at(-1)!,
      attention: attention(levels - 1, layersDown(levels - 1)),
      scale: config.mid_block_scale_factor,
    },
    up,
  }
}
