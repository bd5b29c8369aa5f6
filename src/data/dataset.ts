import { createHash } from 'node:crypto'

/** One example's words. `id` is unique in its data set; two data sets pair their images by equal `text`. */
export interface ImageText {
  id: string
  text: string
}

/** Images with captions, all of one size, held in memory as bytes once they have been read. */
export interface Dataset {
  /** What it is, for titles: `emoji fluent-flat, train`. */
  name: string
  items: readonly ImageText[]
  /** Height and width of every image. */
  size: number
  /** Identifies images, captions and their order: the same on every machine. */
  hash: string
  /** All images as RGB bytes, [items, size, size, 3] in C order. Read once, then kept. */
  pixels(): Promise<Uint8Array>
  /** The images at these indices as numbers in [−1, 1], [indices, size, size, 3] in C order. */
  images(indices: readonly number[]): Promise<Float32Array>
}

/** A data set of a source's bytes; `read` is called once, at the first use. */
export function createDataset(source: {
  name: string
  items: readonly ImageText[]
  size: number
  hash: string
  read: () => Promise<Uint8Array>
}): Dataset {
  const { name, items, size, hash, read } = source
  let reading: Promise<Uint8Array> | undefined
  const pixels = () => {
    reading ??= read()
    return reading
  }
  return {
    name,
    items,
    size,
    hash,
    pixels,
    images: async indices => gather(await pixels(), indices, items.length, size),
  }
}

/** The rows `indices` of [count, size, size, 3] bytes, as numbers in [−1, 1]. */
function gather(pixels: Uint8Array, indices: readonly number[], count: number, size: number): Float32Array {
  const length = size * size * 3
  const out = new Float32Array(indices.length * length)
  indices.forEach((index, row) => {
    if (!Number.isInteger(index) || index < 0 || index >= count) {
      throw new RangeError(`image index ${index} is outside 0 … ${count - 1}`)
    }
    for (let i = 0; i < length; i++) out[row * length + i] = pixels[index * length + i]! / 127.5 - 1
  })
  return out
}

/** SHA-256 of the parts, each preceded by its length so that no two lists give the same bytes. */
export function hashOf(parts: readonly (string | Uint8Array)[]): string {
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
