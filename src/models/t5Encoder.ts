import { z } from 'zod'
import { tf } from '../tensorflow/index.js'
import { geluTanh } from './activations.js'
import { attention } from './attention.js'
import { configParser, count, layerCount, type ModelConfig, only } from './config.js'
import { linear } from './layers.js'
import { rmsNorm } from './norms.js'
import { initWeights, linearParameters, type Parameters, parameter, together } from './parameters.js'
import { type Weights, weight } from './weights.js'

/** A T5EncoderModel's config.json, with transformers' defaults but the gated GELU of T5 1.1, the only form known here. */
const t5Config = configParser(
  'T5EncoderModel',
  z.object({
    vocab_size: count.default(32128),
    d_model: count.default(512),
    d_kv: count.default(64),
    d_ff: count.default(2048),
    num_layers: layerCount.default(6),
    num_heads: count.default(8),
    relative_attention_num_buckets: count.default(32),
    relative_attention_max_distance: count.default(128),
    layer_norm_epsilon: z.number().positive().default(1e-6),
    initializer_factor: z.number().default(1),
    feed_forward_proj: only('gated-gelu'),
  }),
)

type Config = ReturnType<typeof t5Config>

/** What T5's encoder gives. */
export interface T5Output {
  /** what each block is given: [B, T, d_model] each */
  hiddenStates: tf.Tensor3D[]
  /** after the final norm: what Stable Diffusion 3 attends to */
  lastHiddenState: tf.Tensor3D
}

/**
 * T5's encoder (Raffel et al. 2020; transformers' T5EncoderModel), without a mask: padding is attended to, as Stable
 * Diffusion 3's pipeline does.
 *
 * @param weights by transformers' names
 * @param config the model's config.json
 * @param ids token ids, int32 [B, T], of any length
 */
export function t5Encoder(weights: Weights, config: ModelConfig, ids: tf.Tensor2D): T5Output {
  const parsed = t5Config(config)
  const { num_heads: heads, layer_norm_epsilon: epsilon } = parsed
  return tf.tidy(() => {
    let x = tf.gather(weights['shared.weight'] ?? weight(weights, tiedName), ids) as tf.Tensor3D
    const mask = relativeBias(weights, parsed, ids.shape[1])
    const hiddenStates: tf.Tensor3D[] = []
    for (let i = 0; i < parsed.num_layers; i++) {
      hiddenStates.push(x)
      const block = `encoder.block.${i}`
      x = tf.tidy(() => {
        const normed = rmsNorm(weights, `${block}.layer.0.layer_norm`, x, epsilon)
        const project = (which: string) => linear(weights, `${block}.layer.0.SelfAttention.${which}`, normed)
        // T5 does not divide by √d: its weights start smaller instead.
        const mixed = attention({ query: project('q'), key: project('k'), value: project('v'), heads, mask, scale: 1 })
        const attended = tf.add(x, linear(weights, `${block}.layer.0.SelfAttention.o`, mixed)) as tf.Tensor3D
        const middle = rmsNorm(weights, `${block}.layer.1.layer_norm`, attended, epsilon)
        const dense = (which: string, x: tf.Tensor) => linear(weights, `${block}.layer.1.DenseReluDense.${which}`, x)
        const gated = tf.mul(geluTanh(dense('wi_0', middle)), dense('wi_1', middle))
        return tf.add(attended, dense('wo', gated)) as tf.Tensor3D
      })
    }
    return { hiddenStates, lastHiddenState: rmsNorm(weights, 'encoder.final_layer_norm', x, epsilon) }
  }) as T5Output
}

/** The embedding's second name, under which some files hold it instead of, or beside, the first. */
const tiedName = 'encoder.embed_tokens.weight'
const biasName = 'encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight'

/** The first block's learned bias by distance, which all blocks use: [1, heads, T, T]. */
function relativeBias(weights: Weights, config: Config, length: number): tf.Tensor {
  const buckets = Int32Array.from({ length: length * length }, (_, i) =>
    bucketOf((i % length) - Math.floor(i / length), config),
  )
  const biases = tf.gather(weight(weights, biasName), tf.tensor1d(buckets, 'int32'))
  return tf.reshape(tf.transpose(biases), [1, config.num_heads, length, length])
}

/**
 * Distances up to a quarter of the buckets have one each; farther ones share them by their logarithm; what lies behind has
 * the other half. In float32, as the published weights were trained with.
 */
function bucketOf(
  distance: number,
  { relative_attention_num_buckets: buckets, relative_attention_max_distance: farthest }: Config,
): number {
  const half = Math.floor(buckets / 2)
  const exact = Math.floor(half / 2)
  const start = distance > 0 ? half : 0
  const size = Math.abs(distance)
  if (size < exact) return start + size
  const share = Math.fround(Math.fround(Math.log(size / exact)) / Math.fround(Math.log(farthest / exact)))
  return start + Math.min(half - 1, exact + Math.floor(Math.fround(share * (half - exact))))
}

/**
 * Every parameter that the config implies.
 *
 * @param names names that a file holds: they decide under which of its two names the embedding is there
 */
export function t5EncoderParameters(config: ModelConfig, names: Record<string, unknown> = {}): Parameters {
  const parsed = t5Config(config)
  const { d_model: width, d_kv: size, d_ff: inner, num_heads: heads, initializer_factor: factor } = parsed
  const all = heads * size
  const matrix = (name: string, inputs: number, outputs: number, spread: number) =>
    linearParameters(name, inputs, outputs, { bias: false, init: { normal: factor * spread } })
  const norm = (name: string) => parameter(`${name}.weight`, [width], { constant: factor })
  const embedding = (name: string) => parameter(name, [parsed.vocab_size, width], { normal: factor })
  const block = (name: string) =>
    together(
      norm(`${name}.layer.0.layer_norm`),
      matrix(`${name}.layer.0.SelfAttention.q`, width, all, (width * size) ** -0.5),
      matrix(`${name}.layer.0.SelfAttention.k`, width, all, width ** -0.5),
      matrix(`${name}.layer.0.SelfAttention.v`, width, all, width ** -0.5),
      matrix(`${name}.layer.0.SelfAttention.o`, all, width, all ** -0.5),
      norm(`${name}.layer.1.layer_norm`),
      matrix(`${name}.layer.1.DenseReluDense.wi_0`, width, inner, width ** -0.5),
      matrix(`${name}.layer.1.DenseReluDense.wi_1`, width, inner, width ** -0.5),
      matrix(`${name}.layer.1.DenseReluDense.wo`, inner, width, inner ** -0.5),
    )
  return together(
    tiedName in names && !('shared.weight' in names) ? {} : embedding('shared.weight'),
    tiedName in names ? embedding(tiedName) : {},
    parameter(biasName, [parsed.relative_attention_num_buckets, heads], { normal: factor * width ** -0.5 }),
    ...Array.from({ length: parsed.num_layers }, (_, i) => block(`encoder.block.${i}`)),
    norm('encoder.final_layer_norm'),
  )
}

/** Random weights as transformers would start them. */
export const initT5Encoder = (config: ModelConfig, seed: number): Weights =>
  initWeights(t5EncoderParameters(config), seed)
