import { existsSync, readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { ModelConfig } from './config.js'
import { brief, readJson } from './files.js'
import type { SafetensorsFile } from './safetensors.js'

/** The name that diffusers, or transformers, gives to a folder's weights, without its ending. */
export const weightsName = (config: ModelConfig) => ('_class_name' in config ? 'diffusion_pytorch_model' : 'model')

/** Files of a folder's weights; `map` says which holds which tensor, where there are several. */
export interface WeightFiles {
  paths: string[]
  map?: Record<string, string>
}

/**
 * The files of a folder's weights. A part that has none of the variant is read without it, as diffusers does.
 *
 * @param name without its ending
 * @throws Error naming the file that is missing, or what is wrong with the index
 */
export async function weightFiles(folder: string, name: string, variant?: string): Promise<WeightFiles> {
  const found = [variant, undefined].map(each => filesOf(folder, name, each)).find(files => files.some(existsSync))
  if (!found) throw new Error(`${folder}: has neither ${name}.safetensors nor its index${hint(folder)}`)
  const [single, index] = found
  if (existsSync(single)) return { paths: [single] }
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

/** One file's name, and the index's of several. */
function filesOf(folder: string, name: string, variant?: string): [string, string] {
  const dot = variant ? `.${variant}` : ''
  return [join(folder, `${name}${dot}.safetensors`), join(folder, `${name}.safetensors.index${dot}.json`)]
}

function hint(folder: string): string {
  const others = existsSync(folder)
    ? readdirSync(folder).filter(file => /\.(safetensors|bin|ckpt|pt|msgpack|h5)$/.test(file))
    : []
  return others.length
    ? `; it holds ${others.join(', ')}. Only safetensors are read; for others give their variant`
    : ''
}

/** @throws Error naming a shard that lacks what the index says is there */
export function checkIndex(map: Record<string, string>, files: SafetensorsFile[], folder: string): void {
  const byName = new Map(files.map(file => [basename(file.file), file]))
  const wrong = Object.entries(map).find(([name, shard]) => !Object.hasOwn(byName.get(shard)!.entries, name))
  if (wrong) {
    const [name, shard] = wrong
    throw new Error(`${join(folder, shard)}: lacks the tensor ${brief(name)}, which the index says is there`)
  }
}
