/** Stable Diffusion's networks at their full size with made-up weights, which are computed on the device. */

import {
  type DiffusionModel,
  type Model,
  type ModelConfig,
  type PromptCondition,
  parametersOf,
} from '../../../src/models/index.js'
import { fullLayouts, type LayoutName, smallLayouts } from '../../../src/pretraining/layouts.js'
import { ddim, dpmSolver, flowEuler, type Plan, scheduleFromConfig } from '../../../src/samplers/index.js'
import { tf } from '../../../src/tensorflow/index.js'
import { fillingOf, numbers, weightsOf } from './numbers.js'

type Part = Pick<Model, 'className' | 'config'>

/** @param alike one tensor for all parameters of a shape: enough to compile for, and takes next to no memory */
function made({ className, config }: Part, alike: boolean): Model {
  const filling = fillingOf(parametersOf(className, config))
  if (!alike) return { className, config, weights: weightsOf(filling) }
  const byShape = new Map<string, tf.Tensor>()
  const weights = Object.entries(filling).map(([name, entry]) => {
    const key = entry[0].join()
    let tensor = byShape.get(key)
    if (!tensor) {
      tensor = weightsOf({ [name]: entry })[name]!
      byShape.set(key, tensor)
    }
    return [name, tensor] as const
  })
  return { className, config, weights: Object.fromEntries(weights) }
}

const layoutOf = (model: LayoutName, size: 'small' | 'full') =>
  ({ small: smallLayouts, full: fullLayouts })[size][model]

export const networkOf = (model: LayoutName, size: 'small' | 'full', alike: boolean): Model =>
  made(layoutOf(model, size).network, alike)

export const autoencoderOf = (model: LayoutName, size: 'small' | 'full'): Model =>
  made({ className: 'AutoencoderKL', config: layoutOf(model, size).autoencoder }, false)

/** DINOv2-S as facebook/dinov2-small has it, 518² images; or a toy with as many blocks. */
const features: Record<'small' | 'full', ModelConfig> = {
  full: { hidden_size: 384, num_hidden_layers: 12, num_attention_heads: 6, image_size: 518 },
  small: { hidden_size: 12, num_hidden_layers: 12, num_attention_heads: 2, image_size: 14, patch_size: 7 },
}
export const featuresOf = (size: 'small' | 'full'): Model =>
  made({ className: 'Dinov2Model', config: features[size] }, false)

/** The model without its text encoders: their embeddings of the captions are given, as a cache on disk gives them. */
export function withoutText(
  model: LayoutName,
  size: 'small' | 'full',
  network: Model,
  autoencoder: Model,
): DiffusionModel {
  const { scheduler } = layoutOf(model, size)
  return {
    network,
    autoencoder,
    textEncoders: [],
    schedule: scheduleFromConfig(scheduler),
    schedulerConfig: scheduler,
  }
}

/** The sampler of the paper for each model: DDIM in 50 steps, DPM-Solver++ in 30, flow matching's Euler in 28. */
export function samplerOf(model: LayoutName, { schedule }: DiffusionModel): Plan {
  if (model === 'sd3') return flowEuler(schedule, 28)
  return model === 'sdxl' ? dpmSolver(schedule, 30) : ddim(schedule, 50)
}

/** Text embeddings of unit variance, the same for every caption. @param rows of the condition */
export function textOf(model: LayoutName, size: 'small' | 'full', rows: number, imageSize: number): PromptCondition {
  const { network, tokens } = layoutOf(model, size)
  const config = network.config as Record<string, number>
  const unit = <R extends tf.Rank>(shape: tf.ShapeMap[R], offset: number) => numbers<R>(shape, Math.sqrt(3), offset)
  if (model === 'sd3') {
    const t5Tokens = 256
    return {
      context: unit<tf.Rank.R3>([rows, tokens + t5Tokens, config.joint_attention_dim!], 1),
      pooled: unit<tf.Rank.R2>([rows, config.pooled_projection_dim!], 2),
    }
  }
  const context = unit<tf.Rank.R3>([rows, tokens, config.cross_attention_dim!], 1)
  if (model === 'sd15') return { context }
  const { projection_class_embeddings_input_dim: inputs, addition_time_embed_dim: each } = config
  return {
    context,
    pooled: unit<tf.Rank.R2>([rows, inputs! - 6 * each!], 2),
    timeIds: tf.tile(tf.tensor2d([[imageSize, imageSize, 0, 0, imageSize, imageSize]]), [rows, 1]),
  }
}
