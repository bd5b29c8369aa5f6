import { createHash } from 'node:crypto'
import { availableParallelism } from 'node:os'

/** One example's words. `id` is unique in its data set; two data sets pair their images by equal `text`. */
export interface ImageText {
  id: string
  text: string
}

/** How an image was before it was scaled and cropped, and where the crop begins in what was scaled, pixels: SDXL asks for both. */
export interface Frame {
  /** height and width */
  original: readonly [number, number]
  /** top and left */
  corner: readonly [number, number]
}

/** Images with captions, all of one size; held in memory as bytes once read, unless they are too many for that. */
export interface Dataset {
  /** What it is, for titles: `emoji fluent-flat, train`. */
  name: string
  items: readonly ImageText[]
  /** Height and width of every image. */
  size: number
  /** Identifies images, captions and their order: the same on every machine. */
  hash: string
  /** All images as RGB bytes, [items, size, size, 3] in C order. */
  pixels(): Promise<Uint8Array>
  /** The images at these indices as numbers in [−1, 1], [indices, size, size, 3] in C order. */
  images(indices: readonly number[]): Promise<Float32Array>
  /** What was cut to these images; absent where nothing was. */
  frames?(indices: readonly number[]): Promise<Frame[]>
}

/** A data set of a source's bytes; `read` is called once, at the first use. */
export function createDataset(source: {
  name: string
  items: readonly ImageText[]
  size: number
  hash: string
  read: () => Promise<Uint8Array>
  frames?: Dataset['frames']
}): Dataset {
  const { read, ...rest } = source
  let reading: Promise<Uint8Array> | undefined
  const pixels = () => {
    reading ??= read()
    return reading
  }
  return { ...rest, pixels, images: async indices => gather(await pixels(), indices, rest.items.length, rest.size) }
}

/** An image cut to the data set's size, RGB bytes [size, size, 3], and how it was cut. */
export interface CutImage {
  pixels: Uint8Array
  frame: Frame
}

/** How many bytes of images are held in memory; more are read again whenever they are wanted. */
const held = 2 ** 30

/**
 * A data set of images that are read one by one: all of them at the first use, so that a broken one is found before
 * training starts, and then kept; or, where they are too many, each when it is wanted.
 *
 * @param readOne one image; how it was cut is kept, so that nothing is read a second time to tell that
 */
export function createImageDataset(source: {
  name: string
  items: readonly ImageText[]
  size: number
  hash: string
  readOne: (index: number) => Promise<CutImage>
}): Dataset {
  const { readOne, ...others } = source
  const { items, size } = others
  const known: Frame[] = []
  const readPixels = async (index: number) => {
    const { pixels, frame } = await readOne(index)
    known[index] = frame
    return pixels
  }
  const readSome = (indices: readonly number[]) => readRows(indices, size * size * 3, readPixels)
  const check = (index: number) => checkIndex(index, items.length)
  const frames = async (indices: readonly number[]) => {
    indices.forEach(check)
    await readSome(indices.filter(index => known[index] === undefined))
    return indices.map(index => known[index]!)
  }
  const rest = { ...others, frames }
  const all = items.map((_, i) => i)
  if (items.length * size * size * 3 <= held) return createDataset({ ...rest, read: () => readSome(all) })
  return {
    ...rest,
    pixels: () => readSome(all),
    images: async indices => {
      indices.forEach(check)
      const bytes = await readSome(indices)
      return gather(
        bytes,
        indices.map((_, row) => row),
        indices.length,
        size,
      )
    },
  }
}

/** As many images at a time as there are cores. */
async function readRows(
  indices: readonly number[],
  length: number,
  readOne: (index: number) => Promise<Uint8Array>,
): Promise<Uint8Array> {
  const pixels = new Uint8Array(indices.length * length)
  let next = 0
  const worker = async () => {
    while (next < indices.length) {
      const at = next++
      pixels.set(await readOne(indices[at]!), at * length)
    }
  }
  await Promise.all(Array.from({ length: availableParallelism() }, worker))
  return pixels
}

/** The rows `indices` of [count, size, size, 3] bytes, as numbers in [−1, 1]. */
function gather(pixels: Uint8Array, indices: readonly number[], count: number, size: number): Float32Array {
  const length = size * size * 3
  const out = new Float32Array(indices.length * length)
  indices.forEach((index, row) => {
    checkIndex(index, count)
    for (let i = 0; i < length; i++) out[row * length + i] = pixels[index * length + i]! / 127.5 - 1
  })
  return out
}

function checkIndex(index: number, count: number): void {
  if (!Number.isInteger(index) || index < 0 || index >= count) {
    throw new RangeError(`image index ${index} is outside 0 … ${count - 1}`)
  }
}

/** SHA-256 of the parts, each preceded by its length so that no two lists give the same bytes. They are taken one by one. */
export function hashOf(parts: Iterable<string | Uint8Array>): string {
  const hash = createHash('sha256')
  for (const part of parts) {
    hash.update(`${typeof part === 'string' ? Buffer.byteLength(part) : part.length}:`)
    hash.update(part)
  }
  return hash.digest('hex')
}

/** Whole numbers below `count` in an order that the seed fixes (Fisher–Yates over mulberry32). */
export function shuffled(count: number, seed: number): number[] {
  const order = Array.from({ length: count }, (_, i) => i)
  let state = seed >>> 0
  const random = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1))
    ;[order[i], order[j]] = [order[j]!, order[i]!]
  }
  return order
}
