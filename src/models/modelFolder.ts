import { existsSync, readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { tf } from '../tensorflow/index.js'
import type { ModelConfig } from './config.js'
import { brief, readJson, writeJson } from './files.js'
import { classOf, currentName, isIgnored, parametersOf } from './networks.js'
import type { Parameters } from './parameters.js'
import {
  type Dtype,
  openSafetensors,
  readSafetensors,
  type SafetensorsFile,
  type TensorData,
  type TensorToWrite,
  writeSafetensors,
} from './safetensors.js'
import { kernelToDisk, kernelToMemory, type Weights } from './weights.js'

/** A network with its weights, as a folder of diffusers or transformers holds it. */
export interface Model {
  /** config.json as it was read */
  config: ModelConfig
  weights: Weights
  /** `UNet2DConditionModel`, say */
  className: string
}

/**
 * Loads a folder that diffusers (`diffusion_pytorch_model.safetensors`) or transformers (`model.safetensors`) saved, in one
 * file or in shards with an index. Names and shapes are checked against the config before any tensor is read.
 *
 * @param variant as in diffusers: `fp16` reads `diffusion_pytorch_model.fp16.safetensors`
 * @param className where config.json names none, or names a larger model
 * @throws Error naming the file and the field or tensor that is wrong or missing
 */
export async function loadModelFolder(
  folder: string,
  { variant, className }: { variant?: string; className?: string } = {},
): Promise<Model> {
  const config = await readJson(join(folder, 'config.json'))
  const name = className ?? classOf(config)
  if (!name) throw new Error(`${join(folder, 'config.json')}: names no class ("_class_name" or "architectures")`)
  const files: SafetensorsFile[] = []
  try {
    const { paths, map } = await weightFiles(folder, weightsName(config), variant)
    for (const file of paths) files.push(await openSafetensors(file))
    if (map) checkIndex(map, files, folder)
    const held = heldTensors(files, name)
    let expected: Parameters
    try {
      expected = parametersOf(name, config, Object.fromEntries(held))
    } catch (error) {
      throw new Error(`${folder}: ${(error as Error).message}`, { cause: error })
    }
    checkTensors(expected, held, name, folder)
    const weights: Weights = {}
    try {
      for (const name of Object.keys(expected)) {
        const { file, stored } = held.get(name)!
        const { shape, data } = await file.read(stored)
        checkFinite(data, `${file.file}: tensor "${stored}"`)
        weights[name] = kernelToMemory(tf.tensor(asFloat32(data), shape))
      }
    } catch (error) {
      tf.dispose(weights)
      throw error
    }
    return { config, weights, className: name }
  } finally {
    for (const file of files) await file.close()
  }
}

/**
 * All tensors of one safetensors file under their names, convolution kernels as networks hold them.
 *
 * @throws Error naming the file and what is wrong with it
 */
export async function readWeights(file: string): Promise<Weights> {
  const { tensors } = await readSafetensors(file)
  for (const [name, { data }] of Object.entries(tensors)) checkFinite(data, `${file}: tensor "${name}"`)
  return Object.fromEntries(
    Object.entries(tensors).map(([name, { shape, data }]) => [name, kernelToMemory(tf.tensor(asFloat32(data), shape))]),
  )
}

/**
 * Saves a network as diffusers or transformers would, each file atomically.
 *
 * @param dtype of the numbers on disk
 * @param metadata text kept in the safetensors header, by name
 */
export async function saveModelFolder(
  folder: string,
  { config, weights }: Pick<Model, 'config' | 'weights'>,
  { dtype = 'F32', metadata = {} }: { dtype?: 'F32' | 'F16' | 'BF16'; metadata?: Record<string, string> } = {},
): Promise<void> {
  const tensors: Record<string, TensorToWrite> = {}
  for (const [name, held] of Object.entries(weights)) {
    const shape = held.rank === 4 ? [3, 2, 0, 1].map(axis => held.shape[axis]!) : held.shape
    tensors[name] = {
      dtype,
      shape,
      data: async () => {
        const stored = kernelToDisk(held)
        try {
          return await stored.data<'float32'>()
        } finally {
          stored.dispose()
        }
      },
    }
  }
  await writeSafetensors(join(folder, `${weightsName(config)}.safetensors`), tensors, metadata)
  await writeJson(join(folder, 'config.json'), config)
}

const weightsName = (config: ModelConfig) => ('_class_name' in config ? 'diffusion_pytorch_model' : 'model')

/** Files of a folder's weights; `map` says which holds which tensor, where there are several. */
interface WeightFiles {
  paths: string[]
  map?: Record<string, string>
}

async function weightFiles(folder: string, name: string, variant?: string): Promise<WeightFiles> {
  const single = join(folder, `${name}${variant ? `.${variant}` : ''}.safetensors`)
  if (existsSync(single)) return { paths: [single] }
  const index = join(folder, `${name}.safetensors.index${variant ? `.${variant}` : ''}.json`)
  if (!existsSync(index)) {
    const others = existsSync(folder)
      ? readdirSync(folder).filter(file => /\.(safetensors|bin|ckpt|msgpack|h5)$/.test(file))
      : []
    const hint = others.length
      ? `; it holds ${others.join(', ')}. Only safetensors are read; for others give their variant`
      : ''
    throw new Error(`${folder}: has neither ${name}${variant ? `.${variant}` : ''}.safetensors nor its index${hint}`)
  }
  const { weight_map: map } = await readJson(index)
  if (typeof map !== 'object' || map === null) throw new Error(`${index}: has no "weight_map"`)
  const shards = [...new Set(Object.values(map))]
  // A shard is a file beside its index: nothing else on this machine is opened, whatever the index says.
  const odd = shards.find(shard => typeof shard !== 'string' || !/^[\w.-]+\.safetensors$/.test(shard))
  if (odd !== undefined) throw new Error(`${index}: "weight_map" names ${brief(odd)}, not a safetensors file beside it`)
  const absent = (shards as string[]).find(shard => !existsSync(join(folder, shard)))
  if (absent) throw new Error(`${index}: names ${absent}, which is not there; the folder is not whole, copy it again`)
  return { paths: (shards as string[]).map(shard => join(folder, shard)), map: map as Record<string, string> }
}

function checkIndex(map: Record<string, string>, files: SafetensorsFile[], folder: string): void {
  const byName = new Map(files.map(file => [basename(file.file), file]))
  const wrong = Object.entries(map).find(([name, shard]) => !Object.hasOwn(byName.get(shard)!.entries, name))
  if (wrong) {
    const [name, shard] = wrong
    throw new Error(`${join(folder, shard)}: lacks the tensor ${brief(name)}, which the index says is there`)
  }
}

/** A tensor on disk: the file that holds it, and its name there. */
interface Held {
  file: SafetensorsFile
  stored: string
}

/** The tensors by the names that the network knows them under. */
function heldTensors(files: SafetensorsFile[], className: string): Map<string, Held> {
  const held = new Map<string, Held>()
  for (const file of files) {
    for (const stored of Object.keys(file.entries)) {
      const name = currentName(className, stored)
      const other = held.get(name)
      if (other) throw new Error(`${file.file}: tensor "${stored}" is also in ${other.file.file}`)
      held.set(name, { file, stored })
    }
  }
  return held
}

const weightTypes: Dtype[] = ['F32', 'F16', 'BF16', 'F64']

function checkTensors(expected: Parameters, held: Map<string, Held>, className: string, folder: string): void {
  const list = (names: string[]) =>
    `${names
      .slice(0, 3)
      .map(name => brief(name))
      .join(', ')}${names.length > 3 ? ` and ${names.length - 3} more` : ''}`
  const missing = Object.keys(expected).filter(name => !held.has(name))
  if (missing.length) throw new Error(`${folder}: the weights lack ${list(missing)}, which config.json implies`)
  const extra = [...held.keys()].filter(name => !(name in expected) && !isIgnored(className, name))
  if (extra.length) throw new Error(`${folder}: the weights hold ${list(extra)}, which config.json does not imply`)
  for (const [name, { shape }] of Object.entries(expected)) {
    const { file, stored } = held.get(name)!
    const { shape: found, dtype } = file.entries[stored]!
    if (!weightTypes.includes(dtype)) {
      throw new Error(`${file.file}: tensor "${stored}" is ${dtype}; weights are ${weightTypes.join(', ')}`)
    }
    if (found.length !== shape.length || found.some((size, axis) => size !== shape[axis])) {
      throw new Error(`${file.file}: tensor "${stored}" is [${found}], but config.json implies [${shape}]`)
    }
  }
}

/** One pass of multiplications: x·0 is 0 for every number and NaN for NaN and infinity. */
function checkFinite(data: TensorData, what: string): void {
  if (!(data instanceof Float32Array || data instanceof Float64Array)) return
  let sum = 0
  for (let i = 0; i < data.length; i++) sum += data[i]! * 0
  if (!Number.isNaN(sum)) return
  const at = data.findIndex(value => !Number.isFinite(value))
  throw new Error(
    `${what} holds ${data[at]} at element ${at}: its training diverged, or the file is damaged; use another copy`,
  )
}

const asFloat32 = (data: TensorData): Float32Array =>
  data instanceof Float32Array ? data : Float32Array.from(data as ArrayLike<number | bigint>, Number)
