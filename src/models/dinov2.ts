import { z } from 'zod'
import { tf } from '../tensorflow/index.js'
import { activations } from './activations.js'
import { attention } from './attention.js'
import { bicubicMatrix } from './bicubic.js'
import { withClassToken } from './clipVision.js'
import { configParser, count, layerCount, type ModelConfig } from './config.js'
import { linear, patchEmbedding } from './layers.js'
import { layerNorm } from './norms.js'
import {
  convParameters,
  initWeights,
  linearParameters,
  normParameters,
  type Parameters,
  parameter,
  together,
} from './parameters.js'
import { type Weights, weight } from './weights.js'

/** A Dinov2Model's config.json, with transformers' defaults. */
export const dinov2Config = configParser(
  'Dinov2Model',
  z.object({
    hidden_size: count.default(768),
    num_hidden_layers: layerCount.default(12),
    num_attention_heads: count.default(12),
    mlp_ratio: z.number().positive().default(4),
    hidden_act: z.enum(['gelu', 'quick_gelu']).default('gelu'),
    layer_norm_eps: z.number().positive().default(1e-6),
    image_size: count.default(224),
    patch_size: count.default(14),
    num_channels: count.default(3),
    qkv_bias: z.boolean().default(true),
    use_mask_token: z.boolean().default(true),
    layerscale_value: z.number().default(1),
    initializer_range: z.number().default(0.02),
    use_swiglu_ffn: z.literal(false, { error: 'SwiGLU (DINOv2 giant) is not supported' }).default(false),
  }),
)

/** The fields that are used here. It can stand where a config.json is asked for. */
export type Dinov2Config = ReturnType<typeof dinov2Config>

/** What DINOv2 gives. */
export interface Dinov2Output {
  /** outputs of the blocks asked for, class token first, before the last layer norm: [B, 1 + patches, C] each */
  blocks: tf.Tensor3D[]
  /** [B, 1 + patches, C] */
  lastHiddenState: tf.Tensor3D
  /** the class token of lastHiddenState, [B, C] */
  pooled: tf.Tensor2D
}

/**
 * DINOv2 (transformers' Dinov2Model; Oquab et al. 2023).
 *
 * @param config the model's config.json
 * @param pixels [B, H, W, 3], normalised; at another size than image_size the position embeddings are resized
 * @param blocks whose outputs to return, counted from 0; after the last of them nothing more is computed that only
 *   `lastHiddenState` would need when the caller's compiler drops what is not used
 * @throws RangeError when there is no such block, or an image is smaller than a patch
 */
export function dinov2(
  weights: Weights,
  config: ModelConfig,
  pixels: tf.Tensor4D,
  { blocks = [] }: { blocks?: readonly number[] } = {},
): Dinov2Output {
  const parsed = dinov2Config(config)
  const { num_hidden_layers: depth, num_attention_heads: heads, layer_norm_eps: epsilon } = parsed
  const missing = blocks.find(block => !Number.isInteger(block) || block < 0 || block >= depth)
  if (missing !== undefined) throw new RangeError(`block ${missing} does not exist: there are blocks 0 to ${depth - 1}`)
  const activation = activations[parsed.hidden_act]
  return tf.tidy(() => {
    let x = dinov2Embeddings(weights, config, pixels)
    const outputs = new Map<number, tf.Tensor3D>()
    for (let i = 0; i < depth; i++) {
      const layer = `encoder.layer.${i}`
      x = tf.tidy(() => {
        const normed = layerNorm(weights, `${layer}.norm1`, x, epsilon)
        const project = (which: string) => linear(weights, `${layer}.attention.attention.${which}`, normed)
        const mixed = attention({ query: project('query'), key: project('key'), value: project('value'), heads })
        const attended = linear(weights, `${layer}.attention.output.dense`, mixed)
        const middle = tf.add(x, tf.mul(attended, weight(weights, `${layer}.layer_scale1.lambda1`)))
        const hidden = activation(
          linear(weights, `${layer}.mlp.fc1`, layerNorm(weights, `${layer}.norm2`, middle, epsilon)),
        )
        const scaled = tf.mul(
          linear(weights, `${layer}.mlp.fc2`, hidden),
          weight(weights, `${layer}.layer_scale2.lambda1`),
        )
        return tf.add(middle, scaled) as tf.Tensor3D
      })
      if (blocks.includes(i)) outputs.set(i, x)
    }
    const lastHiddenState = layerNorm(weights, 'layernorm', x, epsilon)
    const [batch, , channels] = lastHiddenState.shape
    const pooled = tf.reshape(tf.slice(lastHiddenState, [0, 0, 0], [batch, 1, channels]), [
      batch,
      channels,
    ]) as tf.Tensor2D
    // Cloned, because the same block may be asked for twice.
    return { blocks: blocks.map(block => tf.clone(outputs.get(block)!)), lastHiddenState, pooled }
  })
}

/** The class token and the patches with their positions: what the first block is given, [B, 1 + patches, C]. */
export function dinov2Embeddings(weights: Weights, config: ModelConfig, pixels: tf.Tensor4D): tf.Tensor3D {
  const { image_size: size, patch_size: patch } = dinov2Config(config)
  const [, height, width] = pixels.shape
  const [rows, columns] = [Math.floor(height / patch), Math.floor(width / patch)]
  if (rows < 1 || columns < 1)
    throw new RangeError(`images of ${height}×${width} are smaller than a patch of ${patch}×${patch}`)
  return tf.tidy(() => {
    const patches = patchEmbedding(weights, 'embeddings.patch_embeddings.projection', pixels)
    const trained = Math.floor(size / patch)
    const positions = resizePositions(
      weight(weights, 'embeddings.position_embeddings') as tf.Tensor3D,
      trained,
      rows,
      columns,
    )
    return withClassToken(patches, weight(weights, 'embeddings.cls_token'), positions)
  })
}

/** Position embeddings of a trained × trained grid for one of rows × columns; the class token's stays. */
function resizePositions(positions: tf.Tensor3D, trained: number, rows: number, columns: number): tf.Tensor {
  if (rows === trained && columns === trained) return positions
  const channels = positions.shape[2]
  const classPosition = tf.slice(positions, [0, 0, 0], [1, 1, channels])
  const grid = tf.slice(positions, [0, 1, 0], [1, trained * trained, channels])
  const resize = (x: tf.Tensor, size: number) =>
    tf.matMul(tf.tensor2d(bicubicMatrix(trained, size), [size, trained]), tf.reshape(x, [trained, -1]) as tf.Tensor2D)
  const turn = (x: tf.Tensor, shape: [number, number, number]) => tf.transpose(tf.reshape(x, shape), [1, 0, 2])
  const tall = turn(resize(grid, rows), [rows, trained, channels])
  const resized = turn(resize(tall, columns), [columns, rows, channels])
  return tf.concat([classPosition, tf.reshape(resized, [1, rows * columns, channels])], 1)
}

/** Every parameter that the config implies. */
export function dinov2Parameters(config: ModelConfig): Parameters {
  const parsed = dinov2Config(config)
  const { hidden_size: width, patch_size: patch } = parsed
  const init = { normal: parsed.initializer_range }
  const inner = Math.floor(width * parsed.mlp_ratio)
  const scale = { constant: parsed.layerscale_value }
  const layer = (name: string) =>
    together(
      normParameters(`${name}.norm1`, width),
      ...['query', 'key', 'value'].map(which =>
        linearParameters(`${name}.attention.attention.${which}`, width, width, { bias: parsed.qkv_bias, init }),
      ),
      linearParameters(`${name}.attention.output.dense`, width, width, { init }),
      parameter(`${name}.layer_scale1.lambda1`, [width], scale),
      normParameters(`${name}.norm2`, width),
      linearParameters(`${name}.mlp.fc1`, width, inner, { init }),
      linearParameters(`${name}.mlp.fc2`, inner, width, { init }),
      parameter(`${name}.layer_scale2.lambda1`, [width], scale),
    )
  return together(
    parameter('embeddings.cls_token', [1, 1, width], init),
    parsed.use_mask_token ? parameter('embeddings.mask_token', [1, width], { constant: 0 }) : {},
    parameter('embeddings.position_embeddings', [1, 1 + Math.floor(parsed.image_size / patch) ** 2, width], init),
    convParameters('embeddings.patch_embeddings.projection', parsed.num_channels, width, patch, { init }),
    ...Array.from({ length: parsed.num_hidden_layers }, (_, i) => layer(`encoder.layer.${i}`)),
    normParameters('layernorm', width),
  )
}

/** Random weights as transformers would start them. */
export const initDinov2 = (config: ModelConfig, seed: number): Weights => initWeights(dinov2Parameters(config), seed)
