import { brief } from './files.js'
import { currentName, isIgnored } from './networks.js'
import { type OpenClipPlace, openClipMark, openClipPlaces } from './openClip.js'
import type { Parameters } from './parameters.js'
import type { Dtype, SafetensorsFile, StoredTensor } from './safetensors.js'

/** A tensor on disk: the file that holds it, its name there, and which part of it is meant. */
export interface Held extends Omit<OpenClipPlace, 'name'> {
  file: SafetensorsFile
  stored: string
}

/**
 * The tensors by the names that the network knows them under, those of a CLIP in OpenCLIP's naming included.
 *
 * @throws Error naming a tensor that is there twice
 */
export function heldTensors(files: SafetensorsFile[], className: string): Map<string, Held> {
  const held = new Map<string, Held>()
  const isOpenClip = className === 'CLIPModel' && files.some(({ entries }) => openClipMark in entries)
  for (const file of files) {
    for (const stored of Object.keys(file.entries)) {
      const places = isOpenClip ? openClipPlaces(stored) : []
      for (const { name, ...part } of places.length ? places : [{ name: currentName(className, stored) }]) {
        const other = held.get(name)
        if (other) throw new Error(`${file.file}: tensor "${stored}" is also in ${other.file.file}`)
        held.set(name, { file, stored, ...part })
      }
    }
  }
  return held
}

/** The shape that a tensor has under the network's name for it. */
function shapeOf({ file, stored, third, transposed }: Held): number[] {
  const { shape } = file.entries[stored]!
  if (transposed) return shape.toReversed()
  return third === undefined ? shape : [shape[0]! / 3, ...shape.slice(1)]
}

/** Reads a tensor as the network knows it. */
export async function readHeld(held: Held): Promise<StoredTensor> {
  const { file, stored, third, transposed } = held
  const { dtype, shape, data } = await file.read(stored)
  if (transposed) {
    const [rows, columns] = shape as [number, number]
    const at = (i: number) => (i % rows) * columns + Math.floor(i / rows)
    const turned = Float32Array.from({ length: data.length }, (_, i) => Number(data[at(i)]))
    return { dtype, shape: [columns, rows], data: turned }
  }
  if (third === undefined) return { dtype, shape, data }
  const length = data.length / 3
  return { dtype, shape: shapeOf(held), data: data.subarray(third * length, (third + 1) * length) }
}

const weightTypes: Dtype[] = ['F32', 'F16', 'BF16', 'F64']

/** @throws Error naming tensors that are missing, too many, or of another shape or type than the config implies */
export function checkTensors(expected: Parameters, held: Map<string, Held>, className: string, folder: string): void {
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
    const place = held.get(name)!
    const { file, stored } = place
    const { dtype } = file.entries[stored]!
    const found = shapeOf(place)
    if (!weightTypes.includes(dtype)) {
      throw new Error(`${file.file}: tensor "${stored}" is ${dtype}; weights are ${weightTypes.join(', ')}`)
    }
    if (found.length !== shape.length || found.some((size, axis) => size !== shape[axis])) {
      throw new Error(`${file.file}: tensor "${stored}" is [${found}], but config.json implies [${shape}]`)
    }
  }
}
