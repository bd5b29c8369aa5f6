import { z } from 'zod'
import { tf } from '../tensorflow/index.js'
import { attention } from './attention.js'
import { configParser, count, layerCount, type ModelConfig, only } from './config.js'
import { conv2d, linear, upsample2x } from './layers.js'
import { groupNorm } from './norms.js'
import {
  convParameters,
  initWeights,
  linearParameters,
  normParameters,
  type Parameters,
  together,
} from './parameters.js'
import { type BlockSettings, resnetBlock, resnetParameters } from './resnet.js'
import type { Tiling } from './tiling.js'
import type { Weights } from './weights.js'

/** An AutoencoderKL's config.json, with diffusers' defaults. */
export const autoencoderConfig = configParser(
  'AutoencoderKL',
  z
    .object({
      in_channels: count.default(3),
      out_channels: count.default(3),
      latent_channels: count.default(4),
      down_block_types: z.array(z.literal('DownEncoderBlock2D')).min(1).default(['DownEncoderBlock2D']),
      up_block_types: z.array(z.literal('UpDecoderBlock2D')).min(1).default(['UpDecoderBlock2D']),
      block_out_channels: z.array(count).min(1).max(16).default([64]),
      layers_per_block: layerCount.default(1),
      norm_num_groups: count.default(32),
      sample_size: count.default(32),
      scaling_factor: z.number().positive().default(0.18215),
      shift_factor: z
        .number()
        .nullish()
        .transform(shift => shift ?? 0),
      use_quant_conv: z.boolean().default(true),
      use_post_quant_conv: z.boolean().default(true),
      mid_block_add_attention: z.boolean().default(true),
      act_fn: only('silu', 'swish'),
      latents_mean: only(null),
      latents_std: only(null),
    })
    .superRefine((config, context) => {
      const problem = (field: string, message: string) => context.addIssue({ code: 'custom', path: [field], message })
      const blocks = config.block_out_channels.length
      for (const field of ['down_block_types', 'up_block_types'] as const) {
        if (config[field].length !== blocks)
          problem(field, `needs one type for each of the ${blocks} block_out_channels`)
      }
      for (const channels of config.block_out_channels) {
        if (channels % config.norm_num_groups)
          problem('norm_num_groups', `${config.norm_num_groups} does not divide ${channels} channels`)
      }
    }),
)

type Config = ReturnType<typeof autoencoderConfig>

/** A normal distribution over latents for each image. */
export interface LatentDistribution {
  /** [B, H/8, W/8, latent_channels], H/2ⁿ⁻¹ in general for n entries of block_out_channels */
  mean: tf.Tensor4D
  /** ln σ², kept within −30 and 20 */
  logVariance: tf.Tensor4D
}

const settings = ({ norm_num_groups: groups }: Config): BlockSettings => ({ groups, epsilon: 1e-6 })

/**
 * The encoder of diffusers' AutoencoderKL (Rombach et al. 2022): the distribution of an image's latents. What a diffusion
 * model is trained on is `toModelLatents` of its mean, or of a sample.
 *
 * @param weights by diffusers' names
 * @param config the model's config.json
 * @param image [B, H, W, 3], in [−1, 1]
 * @throws Error naming the config's field that is not supported, or the weight that is missing
 */
export function encodeImage(weights: Weights, config: ModelConfig, image: tf.Tensor4D): LatentDistribution {
  const parsed = autoencoderConfig(config)
  const block = settings(parsed)
  return tf.tidy(() => {
    let h = conv2d(weights, 'encoder.conv_in', image)
    for (const i of parsed.block_out_channels.keys()) {
      const name = `encoder.down_blocks.${i}`
      for (let j = 0; j < parsed.layers_per_block; j++) {
        h = resnetBlock(weights, `${name}.resnets.${j}`, h, undefined, block)
      }
      const last = i === parsed.block_out_channels.length - 1
      if (!last) h = conv2d(weights, `${name}.downsamplers.0.conv`, h, { stride: 2, before: 0 })
    }
    h = middle(weights, 'encoder.mid_block', h, block)
    let moments = conv2d(weights, 'encoder.conv_out', normed(weights, 'encoder.conv_norm_out', h, block)) as tf.Tensor
    if (parsed.use_quant_conv) moments = linear(weights, 'quant_conv', moments)
    const [mean, logVariance] = tf.split(moments, 2, 3) as [tf.Tensor4D, tf.Tensor4D]
    return { mean, logVariance: tf.clipByValue(logVariance, -30, 20) }
  })
}

/**
 * The decoder: an image from latents.
 *
 * @param latents as the encoder's distribution has them, [B, h, w, latent_channels]; see `fromModelLatents`
 * @returns [B, 8h, 8w, 3], about in [−1, 1]
 */
export function decodeLatents(weights: Weights, config: ModelConfig, latents: tf.Tensor4D): tf.Tensor4D {
  const parsed = autoencoderConfig(config)
  const block = settings(parsed)
  return tf.tidy(() => {
    const z = parsed.use_post_quant_conv ? (linear(weights, 'post_quant_conv', latents) as tf.Tensor4D) : latents
    let h = middle(weights, 'decoder.mid_block', conv2d(weights, 'decoder.conv_in', z), block)
    for (const i of parsed.block_out_channels.keys()) {
      const name = `decoder.up_blocks.${i}`
      for (let j = 0; j <= parsed.layers_per_block; j++) {
        h = resnetBlock(weights, `${name}.resnets.${j}`, h, undefined, block)
      }
      const last = i === parsed.block_out_channels.length - 1
      if (!last) h = conv2d(weights, `${name}.upsamplers.0.conv`, upsample2x(h))
    }
    return conv2d(weights, 'decoder.conv_out', normed(weights, 'decoder.conv_norm_out', h, block))
  })
}

/**
 * diffusers' tiles for an image that is too large to be done at once: of the size that the autoencoder was made for, a quarter
 * of which overlaps.
 */
export function autoencoderTiling(config: ModelConfig): { encode: Tiling; decode: Tiling } {
  const { sample_size: side, block_out_channels: blocks } = autoencoderConfig(config)
  const latentSide = Math.floor(side / 2 ** (blocks.length - 1))
  const tiling = (tile: number, out: number): Tiling => {
    const blend = Math.floor(out / 4)
    return { tile, step: Math.floor(tile * 0.75), blend, keep: out - blend }
  }
  return { encode: tiling(side, latentSide), decode: tiling(latentSide, side) }
}

/** Latents of the autoencoder → as the diffusion model sees them, of about unit variance: (z − shift)·scale. */
export function toModelLatents<T extends tf.Tensor>(config: ModelConfig, latents: T): T {
  const { scaling_factor: scale, shift_factor: shift } = autoencoderConfig(config)
  return tf.tidy(() => tf.mul(shift ? tf.sub(latents, shift) : latents, scale)) as T
}

/** Latents of the diffusion model → as the decoder takes them. */
export function fromModelLatents<T extends tf.Tensor>(config: ModelConfig, latents: T): T {
  const { scaling_factor: scale, shift_factor: shift } = autoencoderConfig(config)
  return tf.tidy(() => {
    const scaled = tf.div(latents, scale)
    return shift ? tf.add(scaled, shift) : scaled
  }) as T
}

const normed = (weights: Weights, name: string, h: tf.Tensor4D, block: BlockSettings) =>
  groupNorm(weights, name, h, { ...block, silu: true })

/** Two ResNet blocks with attention of one head over all pixels between them, where the model has it. */
function middle(weights: Weights, name: string, h: tf.Tensor4D, block: BlockSettings): tf.Tensor4D {
  const first = resnetBlock(weights, `${name}.resnets.0`, h, undefined, block)
  const attends = weights[`${name}.attentions.0.to_q.weight`] !== undefined
  const mixed = attends ? pixelAttention(weights, `${name}.attentions.0`, first, block) : first
  return resnetBlock(weights, `${name}.resnets.1`, mixed, undefined, block)
}

function pixelAttention(weights: Weights, name: string, x: tf.Tensor4D, block: BlockSettings): tf.Tensor4D {
  return tf.tidy(() => {
    const [batch, height, width, channels] = x.shape
    const pixels = tf.reshape(groupNorm(weights, `${name}.group_norm`, x, block), [batch, height * width, channels])
    const project = (which: string) => linear(weights, `${name}.${which}`, pixels)
    const mixed = attention({ query: project('to_q'), key: project('to_k'), value: project('to_v'), heads: 1 })
    return tf.add(x, tf.reshape(linear(weights, `${name}.to_out.0`, mixed), x.shape)) as tf.Tensor4D
  })
}

/** Every parameter that the config implies. */
export function autoencoderParameters(config: ModelConfig): Parameters {
  const parsed = autoencoderConfig(config)
  const { block_out_channels: down, layers_per_block: layers, latent_channels: latent } = parsed
  const [first, deepest] = [down[0]!, down.at(-1)!]
  const up = down.toReversed()
  const level = (name: string, sampler: string, widths: number[], i: number, resnets: number, width = widths[i]!) =>
    together(
      ...Array.from({ length: resnets }, (_, j) =>
        resnetParameters(`${name}.resnets.${j}`, j === 0 ? (widths[i - 1] ?? widths[0]!) : width, width, null),
      ),
      i < widths.length - 1 ? convParameters(`${name}.${sampler}.0.conv`, width, width, 3) : {},
    )
  return together(
    convParameters('encoder.conv_in', parsed.in_channels, first, 3),
    ...down.map((_, i) => level(`encoder.down_blocks.${i}`, 'downsamplers', down, i, layers)),
    middleParameters('encoder.mid_block', deepest, parsed),
    normParameters('encoder.conv_norm_out', deepest),
    convParameters('encoder.conv_out', deepest, 2 * latent, 3),
    parsed.use_quant_conv ? convParameters('quant_conv', 2 * latent, 2 * latent, 1) : {},
    parsed.use_post_quant_conv ? convParameters('post_quant_conv', latent, latent, 1) : {},
    convParameters('decoder.conv_in', latent, deepest, 3),
    middleParameters('decoder.mid_block', deepest, parsed),
    ...up.map((_, i) => level(`decoder.up_blocks.${i}`, 'upsamplers', up, i, layers + 1)),
    normParameters('decoder.conv_norm_out', first),
    convParameters('decoder.conv_out', first, parsed.out_channels, 3),
  )
}

function middleParameters(name: string, channels: number, { mid_block_add_attention: attends }: Config): Parameters {
  const projections = ['to_q', 'to_k', 'to_v', 'to_out.0'].map(which =>
    linearParameters(`${name}.attentions.0.${which}`, channels, channels),
  )
  return together(
    resnetParameters(`${name}.resnets.0`, channels, channels, null),
    attends ? together(normParameters(`${name}.attentions.0.group_norm`, channels), ...projections) : {},
    resnetParameters(`${name}.resnets.1`, channels, channels, null),
  )
}

/** The name that diffusers gives a tensor now; files of its first versions, Stable Diffusion 1.5's among them, differ. */
export function autoencoderName(stored: string): string {
  const now = { query: 'to_q', key: 'to_k', value: 'to_v', proj_attn: 'to_out.0' } as Record<string, string>
  return stored.replace(/(attentions\.\d+\.)(query|key|value|proj_attn)\./, (_, start, old) => `${start}${now[old]}.`)
}

/** Random weights as diffusers would start them. */
export const initAutoencoder = (config: ModelConfig, seed: number): Weights =>
  initWeights(autoencoderParameters(config), seed)
