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

/** `encodeTiles` of images that may be large, made smaller by whole factors (means of squares of pixels). */
export function encodeSmall(pixels: Pixels): string[] {
  const [count, height, width] = (pixels.shape.length === 3 ? [1, ...pixels.shape] : pixels.shape) as number[]
  const factor = Math.ceil(Math.max(height!, width!) / mostAcross)
  if (factor === 1) return encodeTiles(pixels)
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
  return encodeTiles({ data: bytes ? Uint8Array.from(data) : data, shape: [count!, down, across, 3] })
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
  const isBytes = data instanceof Uint8Array || data instanceof Uint8ClampedArray
  return Array.from({ length: count }, (_, image) => {
    const bytes = new Uint8Array(length)
    for (let i = 0; i < length; i++) {
      const value = data[image * length + i]!
      bytes[i] = isBytes ? value : Math.min(255, Math.max(0, Math.round((value + 1) * 127.5)))
    }
    return dataUri(encode({ width, height, data: bytes, channels: 3 }))
  })
}

/** PNG bytes as a data URI. */
export function dataUri(png: Uint8Array): string {
  return `data:image/png;base64,${Buffer.from(png.buffer, png.byteOffset, png.byteLength).toString('base64')}`
}
