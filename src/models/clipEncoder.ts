import { z } from 'zod'
import { tf } from '../tensorflow/index.js'
import { activations } from './activations.js'
import { attention } from './attention.js'
import { count, layerCount } from './config.js'
import { linear } from './layers.js'
import { layerNorm } from './norms.js'
import { linearParameters, normParameters, type Parameters, together } from './parameters.js'
import type { Weights } from './weights.js'

/** The fields that CLIP's two towers share, with transformers' defaults for those that are the same in both. */
export const encoderFields = {
  num_attention_heads: count,
  num_hidden_layers: layerCount.default(12),
  hidden_act: z.enum(['quick_gelu', 'gelu']).default('quick_gelu'),
  layer_norm_eps: z.number().positive().default(1e-5),
  initializer_factor: z.number().default(1),
  initializer_range: z.number().default(0.02),
  attention_dropout: z.literal(0, { error: 'dropout is not supported' }).default(0),
}

/** A tower of CLIP, parsed. */
export interface EncoderConfig {
  hidden_size: number
  intermediate_size: number
  num_attention_heads: number
  num_hidden_layers: number
  hidden_act: keyof typeof activations
  layer_norm_eps: number
  initializer_factor: number
}

/**
 * The transformer of both CLIP towers (Radford et al. 2021).
 *
 * @param name of the encoder, `text_model.encoder` say
 * @param x embeddings, [B, T, hidden_size]
 * @param mask [T, T], added to the attention scores
 * @returns the embeddings and the output of each layer: hidden_layers + 1 tensors
 */
export function clipEncoder(
  weights: Weights,
  name: string,
  x: tf.Tensor3D,
  config: EncoderConfig,
  mask?: tf.Tensor,
): tf.Tensor3D[] {
  const { num_attention_heads: heads, layer_norm_eps: epsilon } = config
  const activation = activations[config.hidden_act]
  const states = [x]
  for (let i = 0; i < config.num_hidden_layers; i++) {
    const layer = `${name}.layers.${i}`
    x = tf.tidy(() => {
      const normed = layerNorm(weights, `${layer}.layer_norm1`, x, epsilon)
      const project = (which: string) => linear(weights, `${layer}.self_attn.${which}_proj`, normed)
      const mixed = attention({ query: project('q'), key: project('k'), value: project('v'), heads, mask })
      const attended = tf.add(x, linear(weights, `${layer}.self_attn.out_proj`, mixed))
      const hidden = activation(
        linear(weights, `${layer}.mlp.fc1`, layerNorm(weights, `${layer}.layer_norm2`, attended, epsilon)),
      )
      return tf.add(attended, linear(weights, `${layer}.mlp.fc2`, hidden))
    })
    states.push(x)
  }
  return states
}

/** The encoder's parameters, drawn as transformers draws them: narrower the deeper the network. */
export function clipEncoderParameters(name: string, config: EncoderConfig): Parameters {
  const { hidden_size: width, intermediate_size: inner, num_hidden_layers: depth, initializer_factor: factor } = config
  const input = { init: { normal: factor * width ** -0.5 * (2 * depth) ** -0.5 } }
  const output = { init: { normal: factor * width ** -0.5 } }
  const layer = (name: string) =>
    together(
      normParameters(`${name}.layer_norm1`, width),
      ...['q', 'k', 'v'].map(which => linearParameters(`${name}.self_attn.${which}_proj`, width, width, input)),
      linearParameters(`${name}.self_attn.out_proj`, width, width, output),
      normParameters(`${name}.layer_norm2`, width),
      linearParameters(`${name}.mlp.fc1`, width, inner, { init: { normal: factor * (2 * width) ** -0.5 } }),
      linearParameters(`${name}.mlp.fc2`, inner, width, input),
    )
  return together(...Array.from({ length: depth }, (_, i) => layer(`${name}.layers.${i}`)))
}
