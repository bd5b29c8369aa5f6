import { clip, resizeImage } from './resize.js'

/** Images in C order: bytes, or numbers in [−1, 1]. */
export interface ImageBatch {
  data: Uint8Array | Uint8ClampedArray | Float32Array
  /** [count, height, width, 3] */
  shape: readonly number[]
}

/**
 * Images in batches, as numbers in [0, 1] of a network's size. Those of another size are resized as Pillow's bicubic filter
 * does it, without rounding in between, which is clean-fid's way (Parmar et al. 2022) too.
 *
 * @throws RangeError when they are no RGB images
 */
export function* inBatches(
  images: ImageBatch,
  size: number,
  batch: number,
): Generator<{ data: Float32Array; shape: [number, number, number, number] }> {
  const [count, height, width] = checkImages(images)
  const pixels = height * width * 3
  for (let start = 0; start < count; start += batch) {
    const end = Math.min(start + batch, count)
    const part = images.data.subarray(start * pixels, end * pixels)
    yield { data: prepare(part, [end - start, height, width], size), shape: [end - start, size, size, 3] }
  }
}

/** Bytes or numbers in [−1, 1] of some size → numbers in [0, 1] of the network's size. */
function prepare(
  data: ImageBatch['data'],
  [count, height, width]: [number, number, number],
  size: number,
): Float32Array {
  const unit = data instanceof Float32Array ? data.map(x => (x + 1) / 2) : Float32Array.from(data, x => x / 255)
  if (height === size && width === size) return unit
  const pixels = height * width * 3
  const resized = Array.from({ length: count }, (_, i) =>
    resizeImage(
      unit.subarray(i * pixels, (i + 1) * pixels),
      { height, width, channels: 3 },
      { height: size, width: size },
    ),
  )
  return clip(concatenate(resized), 0, 1)
}

function checkImages({ data, shape }: ImageBatch): [number, number, number] {
  const [count = 0, height = 0, width = 0, channels] = shape
  if (shape.length !== 4 || channels !== 3 || count < 1 || data.length !== count * height * width * 3) {
    throw new RangeError(
      `images must be [count, height, width, 3], not [${shape.join(', ')}] with ${data.length} values`,
    )
  }
  return [count, height, width]
}

/** One array after the other. */
export function concatenate(parts: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((length, part) => length + part.length, 0))
  let offset = 0
  for (const part of parts) {
    whole.set(part, offset)
    offset += part.length
  }
  return whole
}
