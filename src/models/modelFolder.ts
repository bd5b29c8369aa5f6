import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { tf } from '../tensorflow/index.js'
import type { ModelConfig } from './config.js'
import { readJson, writeJson } from './files.js'
import { checkTensors, heldTensors, readHeld } from './heldTensors.js'
import { classOf, parametersOf } from './networks.js'
import { readOpenClipConfig } from './openClip.js'
import type { Parameters } from './parameters.js'
import {
  openSafetensors,
  readSafetensors,
  type SafetensorsFile,
  type TensorData,
  type TensorToWrite,
  writeSafetensors,
} from './safetensors.js'
import { checkIndex, weightFiles, weightsName } from './weightFiles.js'
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
 * file or in shards with an index; or a CLIP that OpenCLIP saved (`open_clip_model.safetensors`, `open_clip_config.json`). Names and shapes are checked against the config before any tensor is read.
 *
 * @param variant as in diffusers: `fp16` reads `diffusion_pytorch_model.fp16.safetensors`
 * @param className where config.json names none, or names a larger model
 * @throws Error naming the file and the field or tensor that is wrong or missing
 */
export async function loadModelFolder(
  folder: string,
  { variant, className }: { variant?: string; className?: string } = {},
): Promise<Model> {
  const openClip = existsSync(join(folder, 'config.json')) ? undefined : await readOpenClipConfig(folder)
  const config = openClip?.config ?? (await readJson(join(folder, 'config.json')))
  const name = className ?? classOf(config)
  if (!name) throw new Error(`${join(folder, 'config.json')}: names no class ("_class_name" or "architectures")`)
  const files: SafetensorsFile[] = []
  try {
    const { paths, map } = await weightFiles(folder, openClip ? 'open_clip_model' : weightsName(config), variant)
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
        const place = held.get(name)!
        const { shape, data } = await readHeld(place)
        checkFinite(data, `${place.file.file}: tensor "${place.stored}"`)
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
