import { tf } from '../tensorflow/index.js'
import { gegluGate } from './activations.js'
import { attention } from './attention.js'
import { checkpointed, type NetworkOptions } from './checkpointed.js'
import { linear, repeatRows } from './layers.js'
import { groupNorm, layerNorm } from './norms.js'
import { convParameters, linearParameters, normParameters, type Parameters, together } from './parameters.js'
import type { BlockSettings } from './resnet.js'
import type { AttentionPlan } from './unet2DConditionConfig.js'
import type { Weights } from './weights.js'

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
  options: NetworkOptions = {},
): tf.Tensor4D {
  return tf.tidy(() => {
    const [batch, height, width, channels] = x.shape
    const normed = groupNorm(weights, `${name}.norm`, x, { groups, epsilon: 1e-6 })
    let tokens = linear(weights, `${name}.proj_in`, tf.reshape(normed, [batch, height * width, channels]))
    for (let i = 0; i < layers; i++) {
      const block = `${name}.transformer_blocks.${i}`
      tokens = checkpointed(options, weights, block, [tokens, context], (weights, tokens, context) =>
        transformerBlock(weights, block, tokens, context, heads),
      )
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
