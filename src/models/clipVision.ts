import { z } from 'zod'
import { tf } from '../tensorflow/index.js'
import { clipEncoder, clipEncoderParameters, encoderFields } from './clipEncoder.js'
import { configParser, count, type ModelConfig } from './config.js'
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

/** A CLIPVisionModel's config.json, with transformers' defaults. */
const visionConfig = configParser(
  'CLIPVisionModel',
  z.object({
    ...encoderFields,
    num_attention_heads: count.default(12),
    hidden_size: count.default(768),
    intermediate_size: count.default(3072),
    projection_dim: count.default(512),
    num_channels: count.default(3),
    image_size: count.default(224),
    patch_size: count.default(32),
  }),
)

/** What the image tower gives. */
export interface ClipVisionOutput {
  /** class token first, before the last layer norm: [B, 1 + patches, C] */
  lastHiddenState: tf.Tensor3D
  /** the class token's projection, not yet of unit length: [B, projection_dim] */
  imageEmbeds: tf.Tensor2D
}

/**
 * CLIP's image encoder (transformers' CLIPVisionModelWithProjection).
 *
 * @param config the model's config.json (`vision_config` of a CLIPModel)
 * @param pixels [B, image_size, image_size, 3], normalised as the model's preprocessor says
 * @throws RangeError when the images have another size
 */
export function clipVision(weights: Weights, config: ModelConfig, pixels: tf.Tensor4D): ClipVisionOutput {
  const parsed = visionConfig(config)
  const { image_size: size, layer_norm_eps: epsilon } = parsed
  const [, height, width] = pixels.shape
  if (height !== size || width !== size) throw new RangeError(`images of ${height}×${width}, but image_size is ${size}`)
  return tf.tidy(() => {
    const patches = patchEmbedding(weights, 'vision_model.embeddings.patch_embedding', pixels)
    const classToken = weight(weights, 'vision_model.embeddings.class_embedding')
    const embedded = withClassToken(
      patches,
      classToken,
      weight(weights, 'vision_model.embeddings.position_embedding.weight'),
    )
    const x = layerNorm(weights, 'vision_model.pre_layrnorm', embedded, epsilon)
    const lastHiddenState = clipEncoder(weights, 'vision_model.encoder', x, parsed).at(-1)!
    const [batch, , channels] = lastHiddenState.shape
    const first = tf.reshape(tf.slice(lastHiddenState, [0, 0, 0], [batch, 1, channels]), [batch, channels])
    const pooled = layerNorm(weights, 'vision_model.post_layernorm', first, epsilon)
    return { lastHiddenState, imageEmbeds: linear(weights, 'visual_projection', pooled) as tf.Tensor2D }
  })
}

/**
 * The class token before an image's patches, positions added. Written as a sum, so that gradients of the token and the
 * positions are plain sums over the batch.
 *
 * @param patches [B, N, C]
 * @param classToken C numbers, in any shape
 * @param positions (1 + N)·C numbers, in any shape
 */
export function withClassToken(patches: tf.Tensor3D, classToken: tf.Tensor, positions: tf.Tensor): tf.Tensor3D {
  const [, count, channels] = patches.shape
  const token = tf.pad(tf.reshape(classToken, [1, channels]) as tf.Tensor2D, [
    [0, count],
    [0, 0],
  ])
  const shift = tf.add(token, tf.reshape(positions, [1 + count, channels]))
  return tf.add(
    tf.pad(patches, [
      [0, 0],
      [1, 0],
      [0, 0],
    ]),
    shift,
  )
}

/** Every parameter that the config implies, the projection included. */
export function clipVisionParameters(config: ModelConfig): Parameters {
  const parsed = visionConfig(config)
  const { hidden_size: width, patch_size: patch, initializer_factor: factor } = parsed
  const small = { normal: parsed.initializer_range * factor }
  const wide = { normal: width ** -0.5 * factor }
  const patches = Math.floor(parsed.image_size / patch) ** 2
  return together(
    parameter('vision_model.embeddings.class_embedding', [width], wide),
    convParameters('vision_model.embeddings.patch_embedding', parsed.num_channels, width, patch, {
      bias: false,
      init: small,
    }),
    parameter('vision_model.embeddings.position_embedding.weight', [1 + patches, width], small),
    normParameters('vision_model.pre_layrnorm', width),
    clipEncoderParameters('vision_model.encoder', parsed),
    normParameters('vision_model.post_layernorm', width),
    linearParameters('visual_projection', width, parsed.projection_dim, { bias: false, init: wide }),
  )
}

/** Random weights as transformers would start them. */
export const initClipVision = (config: ModelConfig, seed: number): Weights =>
  initWeights(clipVisionParameters(config), seed)
