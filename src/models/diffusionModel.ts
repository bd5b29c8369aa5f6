import { join } from 'node:path'
import { type Schedule, type SchedulerConfig, scheduleFromConfig } from '../samplers/index.js'
import { jit, tf } from '../tensorflow/index.js'
import { clipText } from './clipText.js'
import type { ModelConfig } from './config.js'
import { atomically, readJson, writeJson } from './files.js'
import { loadModelFolder, type Model, saveModelFolder } from './modelFolder.js'
import { loadTokenizer, type Tokenizer } from './tokenizer.js'
import { disposeWeights, type Weights } from './weights.js'

/** A network of a pipeline. */
export type Part = Pick<Model, 'config' | 'weights'>

/**
 * A text-to-image model as diffusers saves it: a UNet, a CLIP text encoder, its tokenizer and a scheduler's configuration.
 * One without an autoencoder works on pixels: its latents are the images.
 */
export interface DiffusionModel {
  /** where it was loaded from */
  folder?: string
  /** model_index.json as it was read */
  index?: Record<string, unknown>
  unet: Part
  textEncoder: Part
  tokenizer: Tokenizer
  schedule: Schedule
  /** scheduler_config.json as it was read */
  schedulerConfig: SchedulerConfig
}

/** What model_index.json says where a model had none: a pipeline on pixels. */
const pixelPipeline = {
  _class_name: 'DiffusionPipeline',
  scheduler: ['diffusers', 'DDIMScheduler'],
  text_encoder: ['transformers', 'CLIPTextModel'],
  tokenizer: ['transformers', 'CLIPTokenizer'],
  unet: ['diffusers', 'UNet2DConditionModel'],
}

/** The parts of a pipeline that are loaded, and the class that each must have. */
const parts = { unet: 'UNet2DConditionModel', text_encoder: 'CLIPTextModel' }

// A safety checker judges finished images, and a feature extractor feeds it: neither has a part in sampling or tuning.
const ignored = new Set(['tokenizer', 'scheduler', 'safety_checker', 'feature_extractor', 'image_encoder'])

/**
 * Loads a pipeline that diffusers saved.
 *
 * @param variant of the weight files, `fp16` say
 * @throws Error naming the file, field, tensor or part of the pipeline that is missing, wrong or not supported
 */
export async function loadDiffusionModel(
  folder: string,
  { variant }: { variant?: string } = {},
): Promise<DiffusionModel> {
  const indexFile = join(folder, 'model_index.json')
  const index = await readJson(indexFile)
  for (const [name, value] of Object.entries(index)) {
    const className = Array.isArray(value) ? (value[1] as unknown) : null
    if (className === null || className === undefined || ignored.has(name)) continue
    if (!(name in parts)) throw new Error(`${indexFile}: "${name}" (${className}) is not supported`)
    if (className !== parts[name as keyof typeof parts]) {
      throw new Error(
        `${indexFile}: "${name}" is a ${className}; only ${parts[name as keyof typeof parts]} is supported`,
      )
    }
  }
  const absent = Object.keys(parts).find(name => !(name in index))
  if (absent) throw new Error(`${indexFile}: names no "${absent}"`)
  const schedulerConfig = (await readJson(join(folder, 'scheduler', 'scheduler_config.json'))) as SchedulerConfig
  const schedule = scheduleFromConfig(schedulerConfig)
  const tokenizer = await loadTokenizer(join(folder, 'tokenizer'))
  const textEncoder = await loadModelFolder(join(folder, 'text_encoder'), { variant, className: parts.text_encoder })
  try {
    const unet = await loadModelFolder(join(folder, 'unet'), { variant, className: parts.unet })
    return { folder, index, unet, textEncoder, tokenizer, schedule, schedulerConfig }
  } catch (error) {
    disposeWeights(textEncoder.weights)
    throw error
  }
}

/**
 * Saves a pipeline so that diffusers, or loadDiffusionModel, reads it back. Each file is written atomically, and
 * model_index.json last: a folder that has it is complete.
 *
 * @param dtype of the weights on disk
 * @param metadata text kept in the UNet's safetensors header
 */
export async function saveDiffusionModel(
  model: DiffusionModel,
  folder: string,
  { dtype, metadata }: { dtype?: 'F32' | 'F16' | 'BF16'; metadata?: Record<string, string> } = {},
): Promise<void> {
  await saveModelFolder(join(folder, 'unet'), named(model.unet, { _class_name: parts.unet }), { dtype, metadata })
  const text = named(model.textEncoder, { architectures: [parts.text_encoder], model_type: 'clip_text_model' })
  await saveModelFolder(join(folder, 'text_encoder'), text, { dtype })
  for (const [name, content] of Object.entries(model.tokenizer.files)) {
    await atomically(join(folder, 'tokenizer', name), handle => handle.writeFile(content))
  }
  await writeJson(join(folder, 'scheduler', 'scheduler_config.json'), model.schedulerConfig)
  await writeJson(join(folder, 'model_index.json'), model.index ?? pixelPipeline)
}

/** Configurations made in a recipe need not name their class; on disk they must. */
const named = ({ config, weights }: Part, names: ModelConfig): Part => ({ config: { ...names, ...config }, weights })

/**
 * What the UNet attends to for each text: the text encoder's last hidden state.
 *
 * @returns [texts, tokens, C]
 */
export function encodePrompts(model: DiffusionModel, texts: readonly string[]): tf.Tensor3D {
  const ids = tf.tensor2d(model.tokenizer.encode(texts), [texts.length, model.tokenizer.maxLength], 'int32')
  try {
    return encode(model.textEncoder.weights, model.textEncoder.config, ids)
  } finally {
    ids.dispose()
  }
}

const encode = jit(
  (weights: Weights, config: ModelConfig, ids: tf.Tensor2D) => clipText(weights, config, ids).lastHiddenState,
)

/** The shape of one latent: [height, width, channels]. */
export function latentShape({ unet: { config } }: DiffusionModel): [number, number, number] {
  const { sample_size: size, in_channels: channels = 4 } = config
  const [height, width] = Array.isArray(size) ? size : [size, size]
  if (typeof height !== 'number' || typeof width !== 'number') {
    throw new Error(
      'config.json of a UNet2DConditionModel: "sample_size" is missing, so the size of its images is not known',
    )
  }
  return [height, width, channels as number]
}

/** Frees a model's tensors. */
export function disposeDiffusionModel({ unet, textEncoder }: DiffusionModel): void {
  disposeWeights(unet.weights)
  disposeWeights(textEncoder.weights)
}

/**
 * Height and width of the images that a model makes.
 * @param shape of its latents, [height, width, channels]
 * @throws Error when they are no RGB images
 */
export function imageSize([height, width, channels]: readonly [number, number, number]): number {
  if (channels === 3 && height === width) return height
  throw new Error(
    `the model draws ${height}×${width} latents of ${channels} channels; only square RGB images work here`,
  )
}
