import type { tf } from '../tensorflow/index.js'
import type { NetworkOptions } from './checkpointed.js'
import type { ModelConfig } from './config.js'
import type { PromptCondition } from './prompts.js'
import { sd3Transformer } from './sd3Transformer.js'
import { unet2DCondition } from './unet2DCondition.js'
import type { Weights } from './weights.js'

/** A diffusion model's network without its weights. */
export interface DenoiserNetwork {
  className: string
  config: ModelConfig
}

/**
 * A diffusion model's network, whichever it is: noise or velocity at latents x and times t, given texts.
 *
 * @param x [B, h, w, C]
 * @param t one time for all, [1] or [B]
 * @param condition of B rows, or several times as many: see `unet2DCondition`
 * @returns as many rows as the condition has
 */
export function denoise(
  weights: Weights,
  { className, config }: DenoiserNetwork,
  x: tf.Tensor4D,
  t: tf.Tensor1D | number,
  { context, pooled, timeIds }: PromptCondition,
  options: NetworkOptions = {},
): tf.Tensor4D {
  if (className === 'SD3Transformer2DModel') return sd3Transformer(weights, config, x, t, context, pooled!, options)
  return unet2DCondition(weights, config, x, t, context, timeIds && { textEmbeds: pooled!, timeIds }, options)
}
