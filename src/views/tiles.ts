/** Pictures as PNG data URIs, at once: an output must not be late for its cell. */

import { encode } from 'fast-png'

/** Images in C order: bytes, or numbers in [−1, 1] (values outside are clipped). */
export interface Pixels {
  readonly data: ArrayLike<number>
  /** [count, height, width, 3], or [height, width, 3] for one image. */
  readonly shape: readonly number[]
}

/** Judged images and references are for comparing many at a time: this wide at most. */
const mostAcross = 128

/** `encodeTiles` of images that may be large. */
export function encodeSmall(pixels: Pixels): string[] {
  return encodeTiles(shrink(pixels, mostAcross))
}

/** Images made smaller by a whole factor (means of squares of pixels), so that no side is longer than `longest`. */
export function shrink(pixels: Pixels, longest: number): Pixels {
  const [count, height, width] = (pixels.shape.length === 3 ? [1, ...pixels.shape] : pixels.shape) as number[]
  const factor = Math.ceil(Math.max(height!, width!) / longest)
  if (factor === 1) return pixels
  const [down, across] = [Math.floor(height! / factor), Math.floor(width! / factor)]
  const data = new Float32Array(count! * down * across * 3)
  for (let i = 0; i < data.length; i++) {
    const [channel, x, y] = [i % 3, Math.floor(i / 3) % across, Math.floor(i / 3 / across)]
    const top = Math.floor(y / down) * height! + (y % down) * factor
    let sum = 0
    for (let dy = 0; dy < factor; dy++) {
      for (let dx = 0; dx < factor; dx++) {
        sum += pixels.data[((top + dy) * width! + x * factor + dx) * 3 + channel]!
      }
    }
    data[i] = sum / factor ** 2
  }
  const bytes = pixels.data instanceof Uint8Array || pixels.data instanceof Uint8ClampedArray
  return { data: bytes ? Uint8Array.from(data) : data, shape: [count!, down, across, 3] }
}

/** A picture for each image of a batch. @throws RangeError naming the shape when it is no batch of RGB images */
export function encodeTiles({ data, shape }: Pixels): string[] {
  const [count, height, width, channels] = (shape.length === 3 ? [1, ...shape] : shape) as [
    number,
    number,
    number,
    number,
  ]
  const length = height * width * channels
  if (shape.length < 3 || shape.length > 4 || channels !== 3 || length === 0 || data.length !== count * length) {
    throw new RangeError(
      `images must be [count, height, width, 3], not [${shape.join(', ')}] with ${data.length} values`,
    )
  }
  const bytes = toBytes(data)
  return Array.from({ length: count }, (_, image) => {
    const tile = bytes.subarray(image * length, (image + 1) * length)
    return dataUri(encode({ width, height, data: tile, channels: 3 }))
  })
}

/** Bytes as they are; of numbers in [−1, 1] the nearest byte. */
export function toBytes(data: Pixels['data']): Uint8Array {
  if (data instanceof Uint8Array || data instanceof Uint8ClampedArray) return Uint8Array.from(data)
  const bytes = new Uint8Array(data.length)
  for (let i = 0; i < data.length; i++) bytes[i] = Math.min(255, Math.max(0, Math.round((data[i]! + 1) * 127.5)))
  return bytes
}

const stride = 0x8000

/** PNG bytes as a data URI; in Node and in a page. */
export function dataUri(png: Uint8Array): string {
  let binary = ''
  for (let i = 0; i < png.length; i += stride) binary += String.fromCharCode(...png.subarray(i, i + stride))
  return `data:image/png;base64,${btoa(binary)}`
}
