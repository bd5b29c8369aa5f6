import { tf } from '../tensorflow/index.js'
import { gegluGate } from './activations.js'
import { attention } from './attention.js'
import { conv2d, linear, repeatRows } from './layers.js'
import { groupNorm, layerNorm } from './norms.js'
import { convParameters, linearParameters, normParameters, type Parameters, together } from './parameters.js'
import type { AttentionPlan } from './unet2DConditionConfig.js'
import { type Weights, weight } from './weights.js'

/** What the blocks of one network share. */
export interface BlockSettings {
  groups: number
  epsilon: number
}

/**
 * diffusers' `ResnetBlock2D`: norm, SiLU, convolution, the time added, and once more; beside it the input itself.
 *
 * @param embedding SiLU of the time embedding, [B, C'] or [1, C']
 * @param scale the sum is divided by it
 */
export function resnetBlock(
  weights: Weights,
  name: string,
  x: tf.Tensor4D,
  embedding: tf.Tensor,
  { groups, epsilon }: BlockSettings,
  scale = 1,
): tf.Tensor4D {
  return tf.tidy(() => {
    const norm = { groups, epsilon, silu: true }
    const times = embedding.shape[0]!
    const rows = Math.max(times, x.shape[0])
    x = repeatRows(x, rows)
    const time = tf.add(linear(weights, `${name}.time_emb_proj`, embedding), weight(weights, `${name}.conv1.bias`))
    const shift = tf.reshape(times === 1 ? time : repeatRows(time, rows), [-1, 1, 1, time.shape[1]!])
    const h = conv2d(weights, `${name}.conv1`, groupNorm(weights, `${name}.norm1`, x, norm), { shift })
    const out = conv2d(weights, `${name}.conv2`, groupNorm(weights, `${name}.norm2`, h, norm))
    const skip = weights[`${name}.conv_shortcut.weight`] ? linear(weights, `${name}.conv_shortcut`, x) : x
    const sum = tf.add(skip, out) as tf.Tensor4D
    return scale === 1 ? sum : (tf.div(sum, scale) as tf.Tensor4D)
  })
}

export function resnetParameters(name: string, inputs: number, outputs: number, embedChannels: number): Parameters {
  return together(
    normParameters(`${name}.norm1`, inputs),
    convParameters(`${name}.conv1`, inputs, outputs, 3),
    linearParameters(`${name}.time_emb_proj`, embedChannels, outputs),
    normParameters(`${name}.norm2`, outputs),
    convParameters(`${name}.conv2`, outputs, outputs, 3),
    inputs === outputs ? {} : convParameters(`${name}.conv_shortcut`, inputs, outputs, 1),
  )
}

/**
 * diffusers' `Transformer2DModel`: the pixels as tokens, through blocks that attend to each other and to the text.
 *
 * @param context text embeddings, [B, T, D], or several times B rows: see `unet2DCondition`
 */
export function transformer2D(
  weights: Weights,
  name: string,
  x: tf.Tensor4D,
  context: tf.Tensor3D,
  { layers, heads }: AttentionPlan,
  { groups }: BlockSettings,
): tf.Tensor4D {
  return tf.tidy(() => {
    const [batch, height, width, channels] = x.shape
    const normed = groupNorm(weights, `${name}.norm`, x, { groups, epsilon: 1e-6 })
    let tokens = linear(weights, `${name}.proj_in`, tf.reshape(normed, [batch, height * width, channels]))
    for (let i = 0; i < layers; i++) {
      tokens = transformerBlock(weights, `${name}.transformer_blocks.${i}`, tokens, context, heads)
    }
    const out = linear(weights, `${name}.proj_out`, tokens)
    const rows = context.shape[0]
    return tf.add(repeatRows(x, rows), tf.reshape(out, [rows, height, width, channels]))
  })
}

function transformerBlock(weights: Weights, name: string, x: tf.Tensor, context: tf.Tensor, heads: number): tf.Tensor {
  return tf.tidy(() => {
    const norm1 = layerNorm(weights, `${name}.norm1`, x, 1e-5)
    x = repeatRows(tf.add(x, attend(weights, `${name}.attn1`, norm1, norm1, heads)), context.shape[0]!)
    x = tf.add(x, attend(weights, `${name}.attn2`, layerNorm(weights, `${name}.norm2`, x, 1e-5), context, heads))
    const hidden = linear(weights, `${name}.ff.net.0.proj`, layerNorm(weights, `${name}.norm3`, x, 1e-5))
    return tf.add(x, linear(weights, `${name}.ff.net.2`, gegluGate(hidden)))
  })
}

function attend(weights: Weights, name: string, x: tf.Tensor, context: tf.Tensor, heads: number): tf.Tensor {
  const query = linear(weights, `${name}.to_q`, x)
  const key = linear(weights, `${name}.to_k`, context)
  const value = linear(weights, `${name}.to_v`, context)
  return linear(weights, `${name}.to_out.0`, attention({ query, key, value, heads }))
}

export function transformerParameters(
  name: string,
  channels: number,
  { layers, contextChannels }: AttentionPlan,
  linearProjection: boolean,
): Parameters {
  const projection = (name: string) =>
    linearProjection ? linearParameters(name, channels, channels) : convParameters(name, channels, channels, 1)
  const attention = (name: string, contextChannels: number) =>
    together(
      linearParameters(`${name}.to_q`, channels, channels, { bias: false }),
      linearParameters(`${name}.to_k`, contextChannels, channels, { bias: false }),
      linearParameters(`${name}.to_v`, contextChannels, channels, { bias: false }),
      linearParameters(`${name}.to_out.0`, channels, channels),
    )
  const block = (name: string) =>
    together(
      normParameters(`${name}.norm1`, channels),
      attention(`${name}.attn1`, channels),
      normParameters(`${name}.norm2`, channels),
      attention(`${name}.attn2`, contextChannels),
      normParameters(`${name}.norm3`, channels),
      linearParameters(`${name}.ff.net.0.proj`, channels, 8 * channels),
      linearParameters(`${name}.ff.net.2`, 4 * channels, channels),
    )
  return together(
    normParameters(`${name}.norm`, channels),
    projection(`${name}.proj_in`),
    ...Array.from({ length: layers }, (_, i) => block(`${name}.transformer_blocks.${i}`)),
    projection(`${name}.proj_out`),
  )
}
