import { z } from 'zod'
import { tf } from '../tensorflow/index.js'
import { silu } from './activations.js'
import { checkpointed, type NetworkOptions } from './checkpointed.js'
import { configParser, count, layerCount, type ModelConfig } from './config.js'
import { jointBlock, jointBlockParameters, modulate } from './jointBlock.js'
import { linear, patchEmbedding, repeatRows, timestepEmbedding } from './layers.js'
import { convParameters, initWeights, linearParameters, type Parameters, together } from './parameters.js'
import { sincosPositions } from './sincosPositions.js'
import { type Weights, weight } from './weights.js'

const timeChannels = 256

/** An SD3Transformer2DModel's config.json, with diffusers' defaults. */
export const sd3TransformerConfig = configParser(
  'SD3Transformer2DModel',
  z.object({
    sample_size: count.default(128),
    patch_size: count.default(2),
    in_channels: count.default(16),
    num_layers: layerCount.default(18),
    attention_head_dim: count.default(64),
    num_attention_heads: count.default(18),
    joint_attention_dim: count.default(4096),
    caption_projection_dim: count.default(1152),
    pooled_projection_dim: count.default(2048),
    out_channels: count.nullish(),
    pos_embed_max_size: count.default(96),
    dual_attention_layers: z.array(z.number().int().nonnegative()).default([]),
    qk_norm: z.literal('rms_norm').nullish(),
  }),
)

type Config = ReturnType<typeof sd3TransformerConfig>
const widthOf = ({ num_attention_heads: heads, attention_head_dim: size }: Config) => heads * size

/**
 * diffusers' SD3Transformer2DModel, the network of Stable Diffusion 3 and 3.5 (Esser et al. 2024): image patches and text
 * tokens attend to each other, each with weights of its own.
 *
 * @param weights by diffusers' names
 * @param config the model's config.json
 * @param x noisy latents, [B, H, W, in_channels]; H and W multiples of patch_size. With guidance the context has several
 *   times as many rows, and x stands for itself repeated
 * @param t training time, fractions too: one number for all, [1] or [B]
 * @param context text embeddings, [B or a multiple, T, joint_attention_dim]
 * @param pooled pooled text embeddings, [rows of the context, pooled_projection_dim]
 * @returns the velocity, [rows of the context, H, W, out_channels]
 * @throws RangeError when an image has no whole number of patches, or more than pos_embed_max_size a side
 * @throws Error naming the config's field that is not supported, or the weight that is missing
 */
export function sd3Transformer(
  weights: Weights,
  config: ModelConfig,
  x: tf.Tensor4D,
  t: tf.Tensor1D | number,
  context: tf.Tensor3D,
  pooled: tf.Tensor2D,
  options: NetworkOptions = {},
): tf.Tensor4D {
  const parsed = sd3TransformerConfig(config)
  const { patch_size: patch, num_layers: layers, num_attention_heads: heads } = parsed
  const [, height, width] = x.shape
  if (height % patch || width % patch)
    throw new RangeError(`latents of ${height}×${width} have no whole number of ${patch}×${patch} patches`)
  const [rows, columns] = [height / patch, width / patch]
  return tf.tidy(() => {
    const patches = patchEmbedding(weights, 'pos_embed.proj', x)
    const positions = cropPositions(weight(weights, 'pos_embed.pos_embed'), parsed.pos_embed_max_size, rows, columns)
    let image = repeatRows(tf.add(patches, positions) as tf.Tensor3D, context.shape[0])
    let text: tf.Tensor3D | undefined = linear(weights, 'context_embedder', context) as tf.Tensor3D
    const embedding = silu(embed(weights, typeof t === 'number' ? tf.tensor1d([t]) : t, pooled))
    for (let i = 0; i < layers; i++) {
      const block = `transformer_blocks.${i}`
      const before: [tf.Tensor3D, tf.Tensor3D, tf.Tensor] = [image, text!, embedding]
      // Both in one, for a checkpointed block has one output.
      const tokens = checkpointed(options, weights, block, before, (weights, image, text, embedding) => {
        const after = jointBlock(weights, block, image, text, embedding, heads)
        return after.text ? (tf.concat([after.image, after.text], 1) as tf.Tensor3D) : after.image
      })
      const sizes = [image.shape[1], tokens.shape[1] - image.shape[1]]
      ;[image, text] = (sizes[1] === 0 ? [tokens] : tf.split(tokens, sizes, 1)) as [tf.Tensor3D, tf.Tensor3D]
    }
    const [scale, shift] = tf.split(linear(weights, 'norm_out.linear', embedding), 2, 1) as [tf.Tensor, tf.Tensor]
    const pixels = linear(weights, 'proj_out', modulate(image, scale, shift))
    const channels = pixels.shape[2]! / patch ** 2
    const laidOut = tf.reshape(pixels, [-1, rows, columns, patch, patch, channels])
    return tf.reshape(tf.transpose(laidOut, [0, 1, 3, 2, 4, 5]), [-1, height, width, channels]) as tf.Tensor4D
  })
}

/** The time and the pooled text, [rows of the context, C]. */
function embed(weights: Weights, t: tf.Tensor1D, pooled: tf.Tensor2D): tf.Tensor {
  const twoLayers = (name: string, x: tf.Tensor) =>
    linear(weights, `${name}.linear_2`, silu(linear(weights, `${name}.linear_1`, x)))
  const time = twoLayers('time_text_embed.timestep_embedder', timestepEmbedding(t, timeChannels, true, 0))
  const text = twoLayers('time_text_embed.text_embedder', pooled)
  return tf.add(time.shape[0] === 1 ? time : repeatRows(time, text.shape[0]!), text)
}

/** The middle of the square of positions that the model knows. */
function cropPositions(positions: tf.Tensor, side: number, rows: number, columns: number): tf.Tensor {
  if (rows > side || columns > side)
    throw new RangeError(`${rows}×${columns} patches are more than the ${side} a side that the model has positions for`)
  const channels = positions.shape.at(-1)!
  const [top, left] = [Math.floor((side - rows) / 2), Math.floor((side - columns) / 2)]
  const square = tf.reshape(positions, [side, side, channels])
  return tf.reshape(tf.slice(square, [top, left, 0], [rows, columns, channels]), [1, rows * columns, channels])
}

/** Every parameter that the config implies. */
export function sd3TransformerParameters(config: ModelConfig): Parameters {
  const parsed = sd3TransformerConfig(config)
  const { patch_size: patch, num_layers: layers, pos_embed_max_size: side, sample_size: size } = parsed
  const width = widthOf(parsed)
  const twoLayers = (name: string, inputs: number) =>
    together(linearParameters(`${name}.linear_1`, inputs, width), linearParameters(`${name}.linear_2`, width, width))
  return together(
    convParameters('pos_embed.proj', parsed.in_channels, width, patch),
    {
      'pos_embed.pos_embed': {
        shape: [1, side ** 2, width],
        init: { values: () => sincosPositions(side, width, Math.floor(size / patch)) },
        buffer: true,
      },
    },
    twoLayers('time_text_embed.timestep_embedder', timeChannels),
    twoLayers('time_text_embed.text_embedder', parsed.pooled_projection_dim),
    linearParameters('context_embedder', parsed.joint_attention_dim, parsed.caption_projection_dim),
    ...Array.from({ length: layers }, (_, i) =>
      jointBlockParameters(`transformer_blocks.${i}`, width, parsed.attention_head_dim, {
        dual: parsed.dual_attention_layers.includes(i),
        normed: parsed.qk_norm === 'rms_norm',
        last: i === layers - 1,
      }),
    ),
    linearParameters('norm_out.linear', width, 2 * width),
    linearParameters('proj_out', width, patch ** 2 * (parsed.out_channels ?? parsed.in_channels)),
  )
}

/** Random weights as diffusers would start them. */
export const initSd3Transformer = (config: ModelConfig, seed: number): Weights =>
  initWeights(sd3TransformerParameters(config), seed)
