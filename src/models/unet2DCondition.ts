import { tf } from '../tensorflow/index.js'
import { silu } from './activations.js'
import { checkpointed, type NetworkOptions } from './checkpointed.js'
import type { ModelConfig } from './config.js'
import { conv2d, linear, repeatRows, timestepEmbedding, upsample2x } from './layers.js'
import { groupNorm } from './norms.js'
import {
  convParameters,
  initWeights,
  linearParameters,
  normParameters,
  type Parameters,
  together,
} from './parameters.js'
import { resnetBlock, resnetParameters } from './resnet.js'
import { type LevelPlan, type UNetPlan, unetPlan } from './unet2DConditionConfig.js'
import { transformer2D, transformerParameters } from './unetBlocks.js'
import type { Weights } from './weights.js'

/** SDXL's further conditions (`addition_embed_type` "text_time"). */
export interface AddedConditions {
  /** pooled text embedding, [B, D] */
  textEmbeds: tf.Tensor2D
  /** original size, crop corner and target size, [B, 6] */
  timeIds: tf.Tensor2D
}

/**
 * diffusers' UNet2DConditionModel, the network of Stable Diffusion 1.x, 2.x and XL (Rombach et al. 2022).
 *
 * @param weights by diffusers' names
 * @param config the model's config.json
 * The context may have several times as many rows as x, as guidance has it: unconditional rows, then conditional ones.
 * Then x stands for itself repeated, and what comes before the text is looked at is computed once for all of them.
 *
 * @param x noisy latents, [B, H, W, in_channels]; any H and W
 * @param t training time: one number for all, [1] or [B]
 * @param context text embeddings, [B or a multiple, T, cross_attention_dim]
 * @param added where the config asks for it (SDXL)
 * @returns the prediction for every row of the context, [B or the multiple, H, W, out_channels]
 * @throws Error naming the config's field that is not supported, or the weight that is missing
 */
export function unet2DCondition(
  weights: Weights,
  config: ModelConfig,
  x: tf.Tensor4D,
  t: tf.Tensor1D | number,
  context: tf.Tensor3D,
  added?: AddedConditions,
  options: NetworkOptions = {},
): tf.Tensor4D {
  const plan = unetPlan(config)
  return tf.tidy(() => {
    const embedding = silu(embed(weights, plan, typeof t === 'number' ? tf.tensor1d([t]) : t, added))
    const resnet = (name: string, h: tf.Tensor4D, scale?: number) =>
      checkpointed(options, weights, name, [h, embedding] as [tf.Tensor4D, tf.Tensor], (weights, h, embedding) =>
        resnetBlock(weights, name, h, embedding, plan, scale),
      )
    const level = (name: string, { attention }: LevelPlan, h: tf.Tensor4D, j: number) => {
      h = resnet(`${name}.resnets.${j}`, h)
      return attention ? transformer2D(weights, `${name}.attentions.${j}`, h, context, attention, plan, options) : h
    }

    let h = conv2d(weights, 'conv_in', x)
    const skips = [h]
    for (const [i, down] of plan.down.entries()) {
      for (const j of down.resnets.keys()) {
        h = level(`down_blocks.${i}`, down, h, j)
        skips.push(h)
      }
      if (down.resamples) {
        h = conv2d(weights, `down_blocks.${i}.downsamplers.0.conv`, h, { stride: 2 })
        skips.push(h)
      }
    }

    const { attention, scale } = plan.middle
    h = resnet('mid_block.resnets.0', h, scale)
    h = transformer2D(weights, 'mid_block.attentions.0', h, context, attention, plan, options)
    h = resnet('mid_block.resnets.1', h, scale)

    for (const [i, up] of plan.up.entries()) {
      for (const j of up.resnets.keys()) {
        const skip = repeatRows(skips.pop()!, h.shape[0])
        h = level(`up_blocks.${i}`, up, tf.concat([h, skip], 3), j)
      }
      if (up.resamples) h = conv2d(weights, `up_blocks.${i}.upsamplers.0.conv`, upsampleTo(h, skips.at(-1)!))
    }
    const normed = groupNorm(weights, 'conv_norm_out', h, { groups: plan.groups, epsilon: plan.epsilon, silu: true })
    return conv2d(weights, 'conv_out', normed)
  })
}

/** The time embedding, with SDXL's conditions added. */
function embed(weights: Weights, plan: UNetPlan, t: tf.Tensor1D, added?: AddedConditions): tf.Tensor {
  const twoLayers = (name: string, x: tf.Tensor) =>
    linear(weights, `${name}.linear_2`, silu(linear(weights, `${name}.linear_1`, x)))
  const { flipSinToCos, freqShift } = plan
  const time = twoLayers('time_embedding', timestepEmbedding(t, plan.timeChannels, flipSinToCos, freqShift))
  if (!plan.added) return time
  if (!added) throw new Error('this UNet (addition_embed_type "text_time") needs pooled text embeddings and time ids')
  const { textEmbeds, timeIds } = added
  const ids = timestepEmbedding(tf.reshape(timeIds, [-1]), plan.added.timeChannels, flipSinToCos, freqShift)
  const joined = tf.concat([textEmbeds, tf.reshape(ids, [timeIds.shape[0], -1])], 1)
  return tf.add(time, twoLayers('add_embedding', joined))
}

/** Doubles an image, and cuts the last row or column where halving an odd size had rounded up. */
function upsampleTo(x: tf.Tensor4D, { shape: [batch, height, width] }: tf.Tensor4D): tf.Tensor4D {
  const doubled = upsample2x(x)
  if (doubled.shape[1] === height && doubled.shape[2] === width) return doubled
  return tf.slice(doubled, [0, 0, 0, 0], [batch, height, width, x.shape[3]])
}

/** Every parameter that the config implies. */
export function unet2DConditionParameters(config: ModelConfig): Parameters {
  const plan = unetPlan(config)
  const { embedChannels, linearProjection, middle, added } = plan
  const twoLayers = (name: string, inputs: number) =>
    together(
      linearParameters(`${name}.linear_1`, inputs, embedChannels),
      linearParameters(`${name}.linear_2`, embedChannels, embedChannels),
    )
  const level = (name: string, sampler: string, { resnets, attention, channels, resamples }: LevelPlan) =>
    together(
      ...resnets.map(({ inputs, outputs }, j) =>
        together(
          resnetParameters(`${name}.resnets.${j}`, inputs, outputs, embedChannels),
          attention ? transformerParameters(`${name}.attentions.${j}`, channels, attention, linearProjection) : {},
        ),
      ),
      resamples ? convParameters(`${name}.${sampler}.0.conv`, channels, channels, 3) : {},
    )
  return together(
    convParameters('conv_in', plan.inChannels, plan.timeChannels, 3),
    twoLayers('time_embedding', plan.timeChannels),
    added ? twoLayers('add_embedding', added.inputs) : {},
    ...plan.down.map((down, i) => level(`down_blocks.${i}`, 'downsamplers', down)),
    resnetParameters('mid_block.resnets.0', middle.channels, middle.channels, embedChannels),
    transformerParameters('mid_block.attentions.0', middle.channels, middle.attention, linearProjection),
    resnetParameters('mid_block.resnets.1', middle.channels, middle.channels, embedChannels),
    ...plan.up.map((up, i) => level(`up_blocks.${i}`, 'upsamplers', up)),
    normParameters('conv_norm_out', plan.timeChannels),
    convParameters('conv_out', plan.timeChannels, plan.outChannels, 3),
  )
}

/** Random weights as diffusers would start them. */
export const initUnet2DCondition = (config: ModelConfig, seed: number): Weights =>
  initWeights(unet2DConditionParameters(config), seed)
