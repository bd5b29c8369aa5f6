import { z } from 'zod'
import { tf } from '../tensorflow/index.js'
import { clipText, clipTextParameters } from './clipText.js'
import { clipVision, clipVisionParameters } from './clipVision.js'
import { configParser, count, type ModelConfig } from './config.js'
import { initWeights, type Parameters, parameter, together } from './parameters.js'
import { type Weights, weight } from './weights.js'

/**
 * A CLIPModel's config.json: its towers'. The model's own `projection_dim` and `initializer_factor` hold for both.
 */
const towers = configParser(
  'CLIPModel',
  z
    .object({
      text_config: z.record(z.string(), z.unknown()),
      vision_config: z.record(z.string(), z.unknown()),
      projection_dim: count.default(512),
      logit_scale_init_value: z.number().default(2.6592),
    })
    .transform(({ text_config, vision_config, projection_dim, logit_scale_init_value }) => ({
      text: { ...text_config, projection_dim } as ModelConfig,
      vision: { ...vision_config, projection_dim } as ModelConfig,
      logitScale: logit_scale_init_value,
    })),
)

/** What CLIP says about images and texts. */
export interface ClipOutput {
  /** unit length, [B, projection_dim] */
  imageEmbeds: tf.Tensor2D
  /** unit length, [T, projection_dim] */
  textEmbeds: tf.Tensor2D
  /** exp(logit_scale)·cosine of every image with every text, [B, T] */
  logitsPerImage: tf.Tensor2D
}

/**
 * CLIP (transformers' CLIPModel; Radford et al. 2021).
 *
 * @param pixels [B, image_size, image_size, 3], normalised as the model's preprocessor says
 * @param ids token ids, int32 [T, length]
 */
export function clipModel(weights: Weights, config: ModelConfig, pixels: tf.Tensor4D, ids: tf.Tensor2D): ClipOutput {
  return tf.tidy(() => {
    const imageEmbeds = clipImageEmbeds(weights, config, pixels)
    const textEmbeds = clipTextEmbeds(weights, config, ids)
    const cosines = tf.matMul(imageEmbeds, textEmbeds, false, true)
    const logitsPerImage: tf.Tensor2D = tf.mul(cosines, tf.exp(weight(weights, 'logit_scale')))
    return { imageEmbeds, textEmbeds, logitsPerImage }
  })
}

/** The images' embeddings alone, of unit length: [B, projection_dim]. */
export const clipImageEmbeds = (weights: Weights, config: ModelConfig, pixels: tf.Tensor4D): tf.Tensor2D =>
  tf.tidy(() => unitLength(clipVision(weights, towers(config).vision, pixels).imageEmbeds))

/** The texts' embeddings alone, of unit length: [T, projection_dim]. */
export const clipTextEmbeds = (weights: Weights, config: ModelConfig, ids: tf.Tensor2D): tf.Tensor2D =>
  tf.tidy(() => unitLength(clipText(weights, towers(config).text, ids).textEmbeds!))

const unitLength = (x: tf.Tensor2D): tf.Tensor2D => tf.mul(x, tf.rsqrt(tf.sum(tf.square(x), 1, true)))

/** Every parameter that the config implies. */
export function clipModelParameters(config: ModelConfig): Parameters {
  const { text, vision, logitScale } = towers(config)
  return together(
    parameter('logit_scale', [], { constant: logitScale }),
    clipTextParameters(text, { projection: true }),
    clipVisionParameters(vision),
  )
}

/** Random weights as transformers would start them. */
export const initClipModel = (config: ModelConfig, seed: number): Weights =>
  initWeights(clipModelParameters(config), seed)
