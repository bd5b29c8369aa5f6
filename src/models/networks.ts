import { autoencoderName, autoencoderParameters } from './autoencoderKL.js'
import { clipModelParameters } from './clipModel.js'
import { clipTextParameters } from './clipText.js'
import { clipVisionParameters } from './clipVision.js'
import type { ModelConfig } from './config.js'
import { dinov2Parameters } from './dinov2.js'
import { fidInceptionParameters } from './fidInception.js'
import type { Parameters } from './parameters.js'
import { sd3TransformerParameters } from './sd3Transformer.js'
import { t5EncoderParameters } from './t5Encoder.js'
import { unet2DConditionParameters } from './unet2DCondition.js'

/** Parameters that a network's config implies; `names` are those that a file holds, where spellings differ. */
type ParametersOf = (config: ModelConfig, names: Record<string, unknown>) => Parameters

const networks: Record<string, ParametersOf> = {
  UNet2DConditionModel: unet2DConditionParameters,
  SD3Transformer2DModel: sd3TransformerParameters,
  AutoencoderKL: autoencoderParameters,
  CLIPTextModel: (config, names) => clipTextParameters(config, { names }),
  CLIPTextModelWithProjection: (config, names) => clipTextParameters(config, { projection: true, names }),
  CLIPVisionModelWithProjection: clipVisionParameters,
  CLIPModel: clipModelParameters,
  T5EncoderModel: t5EncoderParameters,
  Dinov2Model: dinov2Parameters,
  FIDInceptionV3: fidInceptionParameters,
}

/**
 * The parameters of a network by its class in diffusers or transformers.
 *
 * @throws Error naming the class when there is no such network here
 */
export function parametersOf(className: string, config: ModelConfig, names: Record<string, unknown> = {}): Parameters {
  const network = networks[className]
  if (!network) {
    throw new Error(`there is no network of class "${className}" here; there are ${Object.keys(networks).join(', ')}`)
  }
  return network(config, names)
}

/** The name that a network's class has now for a tensor of a file, which may be of an earlier version. */
export const currentName = (className: string, stored: string): string =>
  className === 'AutoencoderKL' ? autoencoderName(stored) : stored

/**
 * Tensors that files hold and no network here uses: numbers 0, 1, 2, … that older transformers stored, and the classifier and
 * training counts of FID's network.
 */
export const isIgnored = (className: string, name: string): boolean =>
  name.endsWith('.position_ids') ||
  (className === 'FIDInceptionV3' && /^(fc|AuxLogits)\.|\.num_batches_tracked$/.test(name))

/** The class that a config.json names: diffusers' `_class_name`, or the first of transformers' `architectures`. */
export function classOf(config: ModelConfig): string | undefined {
  const { _class_name: className, architectures } = config
  if (typeof className === 'string') return className
  return Array.isArray(architectures) && typeof architectures[0] === 'string' ? architectures[0] : undefined
}
