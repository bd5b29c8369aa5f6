import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fidInception } from '../../models/index.js'
import { kernelToMemory, type Weights } from '../../models/weights.js'
import { jit, tf } from '../../tensorflow/index.js'
import { readCaseArrays } from './arrays.js'
import type { Comparison } from './compare.js'
import type { CaseJson } from './index.js'

export const components = ['FIDInceptionV3']

interface Options {
  salt: string
  batch: number
  size: number
  probe: { tensor: string; first: number[] }
}

/** Runs FID's network on weights and an image that a formula makes from hashes; see `shared/goldens/README.md`. */
export async function run(folder: string, { options }: CaseJson): Promise<{ values: Map<string, Comparison> }> {
  const { salt, batch, size, probe } = options as unknown as Options
  const shapes = JSON.parse(await readFile(join(folder, 'params.json'), 'utf8')) as Record<string, number[]>
  const weights = Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [
      name,
      kernelToMemory(tf.tensor(values(salt, name, shape, shape.reduce(product, 1)), shape)),
    ]),
  )
  const first = values(salt, probe.tensor, shapes[probe.tensor]!, probe.first.length)
  probe.first.forEach((expected, i) => {
    if (Math.abs(first[i]! - expected) > 1e-6) throw new Error(`the formula gives ${first[i]} for ${expected}`)
  })
  const images = image(salt, batch, size)
  const compute = jit((weights: Weights, images: tf.Tensor4D) => fidInception(weights, images))
  const { pool3, earlier } = compute(weights, images)
  const references = await readCaseArrays(join(folder, 'io.safetensors'))
  const outputs: Record<string, tf.Tensor> = {
    'out.pool3': pool3,
    ...Object.fromEntries(earlier.map((mean, i) => [`out.block${i}_mean`, mean])),
  }
  const compared = new Map<string, Comparison>()
  for (const [name, tensor] of Object.entries(outputs)) {
    compared.set(name, { got: tensor.dataSync(), reference: references.get(name)!.data, kind: 'out' })
  }
  tf.dispose([weights, images, outputs])
  return { values: compared }
}

const product = (a: number, b: number) => a * b

/** The first numbers of a tensor. */
function values(salt: string, name: string, shape: number[], count: number): Float32Array {
  const start = fnv1a(`${salt}/${name}`)
  const scaled = scaling(name, shape)
  return Float32Array.from({ length: count }, (_, i) => scaled((mix(start + Math.imul(i, golden)) / 2 ** 32) * 2 - 1))
}

function scaling(name: string, [, inputs, height, width]: number[]): (u: number) => number {
  if (name.endsWith('.conv.weight')) return u => u * Math.sqrt(6 / (inputs! * height! * width!))
  return /\.(weight|running_var)$/.test(name) ? u => 1 + 0.2 * u : u => 0.1 * u
}

/** [batch, size, size, 3] in [−1, 1]. */
function image(salt: string, batch: number, size: number): tf.Tensor4D {
  const start = fnv1a(`${salt}/image`)
  const cells = Math.ceil(size / 8)
  const pixels = new Float32Array(batch * size * size * 3)
  for (let n = 0, at = 0; n < batch; n++) {
    for (let y = 0; y < size; y++) {
      for (let x = 0; x < size; x++) {
        for (let c = 0; c < 3; c++) {
          const cell = ((n * 3 + c) * cells + (y >> 3)) * cells + (x >> 3)
          const byte = ((mix(start + Math.imul(cell, golden)) >>> 24) + 3 * x + 2 * y) & 255
          pixels[at++] = (byte / 255) * 2 - 1
        }
      }
    }
  }
  return tf.tensor4d(pixels, [batch, size, size, 3])
}

const golden = 0x9e3779b9

/** The last step of MurmurHash3. */
function mix(x: number): number {
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b)
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35)
  return (x ^ (x >>> 16)) >>> 0
}

function fnv1a(text: string): number {
  let h = 2166136261
  for (const byte of Buffer.from(text)) h = Math.imul(h ^ byte, 16777619)
  return h >>> 0
}
