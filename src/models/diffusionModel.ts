import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { type Schedule, type SchedulerConfig, scheduleFromConfig } from '../samplers/index.js'
import { tf } from '../tensorflow/index.js'
import type { ModelConfig } from './config.js'
import { atomically, readJson, writeJson } from './files.js'
import { latentShape } from './latents.js'
import { loadModelFolder, type Model, saveModelFolder } from './modelFolder.js'
import { loadTokenizer, type Tokenizer } from './tokenizer.js'
import type { Weights } from './weights.js'

/** A text encoder and the tokenizer that it was trained with. */
export interface TextEncoder extends Model {
  tokenizer: Tokenizer
}

/**
 * A text-to-image model as diffusers saves it: Stable Diffusion 1.x, 2.x, XL, 3 and 3.5, and models on pixels.
 */
export interface DiffusionModel {
  /** where it was loaded from */
  folder?: string
  /** of the weight files that were read there */
  variant?: string
  /** model_index.json as it was read */
  index?: Record<string, unknown>
  /** what predicts noise or velocity: `unet`, or `transformer` */
  network: Model
  /** `text_encoder`, `text_encoder_2` and `text_encoder_3`, as many as the model has; a gap where one was left out */
  textEncoders: (TextEncoder | undefined)[]
  /** `vae`; a model without one works on pixels: its latents are the images */
  autoencoder?: Model
  schedule: Schedule
  /** scheduler_config.json as it was read */
  schedulerConfig: SchedulerConfig
}

/** The parts of each kind of pipeline, and the classes that each may have; those that may be left out are in brackets. */
const kinds: Record<string, Record<string, string[]>> = {
  UNet2DConditionModel: {
    unet: ['UNet2DConditionModel'],
    text_encoder: ['CLIPTextModel', 'CLIPTextModelWithProjection'],
    '[text_encoder_2]': ['CLIPTextModelWithProjection'],
    '[vae]': ['AutoencoderKL'],
  },
  SD3Transformer2DModel: {
    transformer: ['SD3Transformer2DModel'],
    text_encoder: ['CLIPTextModelWithProjection'],
    text_encoder_2: ['CLIPTextModelWithProjection'],
    '[text_encoder_3]': ['T5EncoderModel'],
    vae: ['AutoencoderKL'],
  },
}
const textEncoderNames = ['text_encoder', 'text_encoder_2', 'text_encoder_3']
const tokenizerOf = (encoder: string) => encoder.replace('text_encoder', 'tokenizer')
/** The part that holds the network. */
const networkName = ({ className }: Pick<Model, 'className'>) => Object.keys(kinds[className]!)[0]!

// A safety checker judges finished images, and a feature extractor feeds it: neither has a part in sampling or tuning.
const ignored = new Set(['scheduler', 'safety_checker', 'feature_extractor', 'image_encoder'])

/**
 * Loads a pipeline that diffusers saved.
 *
 * @param variant of the weight files, `fp16` say; parts that have none of it are read without it
 * @throws Error naming the file, field, tensor or part of the pipeline that is missing, wrong or not supported
 */
export async function loadDiffusionModel(
  folder: string,
  { variant }: { variant?: string } = {},
): Promise<DiffusionModel> {
  const indexFile = join(folder, 'model_index.json')
  const index = await readJson(indexFile)
  const classes = partsOf(index, indexFile)
  if (variant) checkVariant(folder, Object.keys(classes), variant)
  const schedulerFile = join(folder, 'scheduler', 'scheduler_config.json')
  const schedulerConfig = (await readJson(schedulerFile)) as SchedulerConfig
  const schedule = naming(schedulerFile, () => scheduleFromConfig(schedulerConfig))
  return loadParts(folder, classes, variant, async load => {
    const textEncoders = await loadTextEncoders(folder, index, classes, load)
    const autoencoder = classes.vae && (await load('vae'))
    const network = await load('unet' in classes ? 'unet' : 'transformer')
    if ('sample_size' in network.config) latentShape({ network })
    return {
      folder,
      ...(variant && { variant }),
      index,
      network,
      textEncoders,
      ...(autoencoder && { autoencoder }),
      schedule,
      schedulerConfig,
    }
  })
}

/** A loaded model's text encoders, read once more: for one whose own were freed meanwhile. */
export async function reloadTextEncoders({
  folder,
  variant,
  index,
}: DiffusionModel): Promise<DiffusionModel['textEncoders']> {
  if (!folder || !index)
    throw new Error('the model was not loaded from a folder, so its text encoders cannot be read again')
  const classes = partsOf(index, join(folder, 'model_index.json'))
  return loadParts(folder, classes, variant, load => loadTextEncoders(folder, index, classes, load))
}

type LoadPart = (name: string) => Promise<Model>

/** What is made of a pipeline's parts; those that were read are freed again when one of them, or the making, fails. */
async function loadParts<T>(
  folder: string,
  classes: Record<string, string>,
  variant: string | undefined,
  make: (load: LoadPart) => Promise<T>,
): Promise<T> {
  const loaded: Model[] = []
  try {
    return await make(async name => {
      const model = await loadModelFolder(join(folder, name), { variant, className: classes[name] })
      loaded.push(model)
      return model
    })
  } catch (error) {
    tf.dispose(loaded.map(({ weights }) => weights))
    throw error
  }
}

/** One for each that the index names; undefined where it is null there. */
async function loadTextEncoders(
  folder: string,
  index: Record<string, unknown>,
  classes: Record<string, string>,
  load: LoadPart,
): Promise<DiffusionModel['textEncoders']> {
  const textEncoders: DiffusionModel['textEncoders'] = []
  for (const name of textEncoderNames.filter(name => name in index)) {
    // The tokenizer first: what is wrong with it shows before gigabytes are read.
    const tokenizer = classes[name] && (await loadTokenizer(join(folder, tokenizerOf(name))))
    textEncoders.push(tokenizer ? { ...(await load(name)), tokenizer } : undefined)
  }
  return textEncoders
}

/** Parts without the variant are read without it, so that a name that none has would go unnoticed. */
function checkVariant(folder: string, parts: string[], variant: string): void {
  const files = parts.flatMap(part => {
    const path = join(folder, part)
    return existsSync(path) ? readdirSync(path) : []
  })
  if (!files.some(file => file.includes(`.${variant}.`))) {
    throw new Error(
      `${folder}: no part has files of the variant "${variant}"; they would end in .${variant}.safetensors`,
    )
  }
}

/** Errors of `f` with the file that is to blame. */
function naming<T>(file: string, f: () => T): T {
  try {
    return f()
  } catch (error) {
    throw new Error(`${file}: ${(error as Error).message}`, { cause: error })
  }
}

/**
 * The class of each part that model_index.json names.
 *
 * @throws Error naming a part that is missing, not known, or of another class
 */
function partsOf(index: Record<string, unknown>, indexFile: string): Record<string, string> {
  const classes: Record<string, string> = {}
  for (const [name, value] of Object.entries(index)) {
    const className = Array.isArray(value) ? (value[1] as unknown) : null
    if (typeof className !== 'string' || ignored.has(name) || name.startsWith('tokenizer')) continue
    classes[name] = className
  }
  const kind = kinds[classes.transformer && !classes.unet ? 'SD3Transformer2DModel' : 'UNet2DConditionModel']!
  const bare = (name: string) => name.replace(/[[\]]/g, '')
  const allowed = Object.fromEntries(Object.entries(kind).map(([name, classes]) => [bare(name), classes]))
  for (const [name, className] of Object.entries(classes)) {
    if (!allowed[name]) throw new Error(`${indexFile}: "${name}" (${className}) is not supported`)
    if (!allowed[name].includes(className)) {
      const names = allowed[name].join(' and ')
      throw new Error(
        `${indexFile}: "${name}" is a ${className}; only ${names} ${allowed[name].length > 1 ? 'are' : 'is'} supported`,
      )
    }
  }
  const absent = Object.keys(kind).find(name => bare(name) === name && !classes[name])
  if (absent) throw new Error(`${indexFile}: names no "${absent}"`)
  return classes
}

/**
 * Saves a pipeline so that diffusers, or loadDiffusionModel, reads it back. Each file is written atomically, and
 * model_index.json last: a folder that has it is complete.
 *
 * @param dtype of the weights on disk
 * @param metadata text kept in the network's safetensors header
 */
export async function saveDiffusionModel(
  model: DiffusionModel,
  folder: string,
  { dtype, metadata }: { dtype?: 'F32' | 'F16' | 'BF16'; metadata?: Record<string, string> } = {},
): Promise<void> {
  const { network, textEncoders, autoencoder } = model
  await saveModelFolder(join(folder, networkName(network)), named(network), { dtype, metadata })
  if (autoencoder) await saveModelFolder(join(folder, 'vae'), named(autoencoder), { dtype })
  for (const [i, encoder] of textEncoders.entries()) {
    if (!encoder) continue
    const name = textEncoderNames[i]!
    await saveModelFolder(join(folder, name), named(encoder), { dtype })
    for (const [file, content] of Object.entries(encoder.tokenizer.files)) {
      await atomically(join(folder, tokenizerOf(name), file), handle => handle.writeFile(content))
    }
  }
  await writeJson(join(folder, 'scheduler', 'scheduler_config.json'), model.schedulerConfig)
  await writeJson(join(folder, 'model_index.json'), model.index ?? indexOf(model))
}

/** Configurations made in a recipe need not name their class; on disk they must, each library in its own way. */
function named({ config, weights, className }: Model): Pick<Model, 'config' | 'weights'> {
  const names: ModelConfig = isTransformers(className)
    ? { architectures: [className], model_type: className === 'T5EncoderModel' ? 't5' : 'clip_text_model' }
    : { _class_name: className }
  return { config: { ...names, ...config }, weights }
}

const isTransformers = (className: string) => /^(CLIP|T5)/.test(className)

/** model_index.json of a model that had none. */
function indexOf({ network, textEncoders, autoencoder, schedulerConfig }: DiffusionModel): Record<string, unknown> {
  const families: Record<string, string[]> = {
    unet: ['DiffusionPipeline', 'StableDiffusionXLPipeline'],
    transformer: ['StableDiffusion3Pipeline'],
  }
  const part = networkName(network)
  const latent = autoencoder && textEncoders.length === 1 ? 'StableDiffusionPipeline' : undefined
  const entries = textEncoders.flatMap((encoder, i) => {
    const name = textEncoderNames[i]!
    const tokenizer = name === 'text_encoder_3' ? 'T5TokenizerFast' : 'CLIPTokenizer'
    return [
      [name, encoder ? ['transformers', encoder.className] : [null, null]],
      [tokenizerOf(name), encoder ? ['transformers', tokenizer] : [null, null]],
    ]
  })
  return {
    _class_name: latent ?? families[part]![textEncoders.length - 1] ?? families[part]![0],
    scheduler: ['diffusers', (schedulerConfig as { _class_name?: string })._class_name ?? 'DDIMScheduler'],
    ...Object.fromEntries(entries),
    [part]: ['diffusers', network.className],
    ...(autoencoder && { vae: ['diffusers', 'AutoencoderKL'] }),
  }
}

/** All weights of a model. */
const allWeights = ({ network, textEncoders, autoencoder }: DiffusionModel): Weights[] =>
  [network, ...textEncoders, autoencoder].flatMap(part => (part ? [part.weights] : []))

/** Frees the tensors of a model's text encoders. */
export function disposeTextEncoders({ textEncoders }: Pick<DiffusionModel, 'textEncoders'>): void {
  tf.dispose(textEncoders.flatMap(encoder => (encoder ? [encoder.weights] : [])))
}

/** Frees a model's tensors. */
export function disposeDiffusionModel(model: DiffusionModel): void {
  tf.dispose(allWeights(model))
}
