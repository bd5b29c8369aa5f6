import { writeFileAtomic } from './files.js'
import { gap, splitGrid } from './grid.js'

/** Images in C order: bytes, or numbers in [−1, 1] (values outside are clipped). */
export interface ImageBatch {
  data: Uint8Array | Uint8ClampedArray | Float32Array
  /** [count, height, width, 3] */
  shape: readonly number[]
}

export interface GridOptions {
  /** Images a row; by default the grid is about square. */
  columns?: number
  /** Each pixel becomes a square of this many: small images stay sharp on a large screen. */
  scale?: number
}

/** Pixels of an image that is read or written: the largest camera's, and more. */
export const mostPixels = 2 ** 28

/**
 * How many images stand side by side, and the grid's pixels before it is scaled.
 * @param shape [count, height, width] of the images
 * @throws RangeError when the picture would be too large
 */
export function gridSize([count, height, width]: [number, number, number], { columns, scale = 1 }: GridOptions = {}) {
  const across = Math.min(columns ?? Math.ceil(Math.sqrt(count)), count)
  const down = Math.ceil(count / across)
  const gridWidth = across * (width + gap) - gap
  const gridHeight = down * (height + gap) - gap
  if (gridWidth * gridHeight * scale ** 2 > mostPixels) {
    throw new RangeError(
      `scale ${scale}: a picture of ${gridWidth * scale} × ${gridHeight * scale} pixels is too large; lower it`,
    )
  }
  return { across, gridWidth, gridHeight }
}

/** One PNG with all images side by side, row by row, a thin light line between them. */
export async function encodePng(images: ImageBatch, options: GridOptions = {}): Promise<Buffer> {
  const { shape, data } = images
  const [count = 0, height = 0, width = 0, channels] = shape
  if (shape.length !== 4 || channels !== 3 || count < 1 || data.length !== count * height * width * 3) {
    throw new RangeError(
      `images must be [count, height, width, 3], not [${shape.join(', ')}] with ${data.length} values`,
    )
  }
  const { scale = 1 } = options
  const { across, gridWidth, gridHeight } = gridSize([count, height, width], options)
  const grid = new Uint8Array(gridWidth * gridHeight * 3).fill(240)
  const bytes = data instanceof Float32Array ? toBytes(data) : data
  for (let i = 0; i < count; i++) {
    const left = (i % across) * (width + gap)
    const top = Math.floor(i / across) * (height + gap)
    for (let y = 0; y < height; y++) {
      const row = (i * height + y) * width * 3
      grid.set(bytes.subarray(row, row + width * 3), ((top + y) * gridWidth + left) * 3)
    }
  }
  const { default: sharp } = await import('sharp')
  const picture = sharp(grid, { raw: { width: gridWidth, height: gridHeight, channels: 3 } })
  const sized = scale === 1 ? picture : picture.resize(gridWidth * scale, gridHeight * scale, { kernel: 'nearest' })
  return sized.png().toBuffer()
}

/** `encodePng`, to a file that appears whole or not at all. */
export async function writeGrid(file: string, images: ImageBatch, options: GridOptions = {}): Promise<void> {
  writeFileAtomic(file, await encodePng(images, options))
}

/** Numbers in [−1, 1] to bytes, rounded; what is outside is clipped. */
export function toBytes(values: Float32Array): Uint8Array {
  return Uint8Array.from(values, value => Math.min(255, Math.max(0, Math.round((value + 1) * 127.5))))
}

/**
 * The images of a grid that `writeGrid` wrote without naming its columns.
 * @param count how many images it holds
 * @returns bytes, [count, height, width, 3]
 * @throws Error naming the file when it is no such grid
 */
export async function readGrid(file: string, count: number): Promise<ImageBatch> {
  const { default: sharp } = await import('sharp')
  const { data, info } = await sharp(file).removeAlpha().raw().toBuffer({ resolveWithObject: true })
  const images = splitGrid({ data, width: info.width, height: info.height }, count)
  if (!images) throw new Error(`${file}: ${info.width}×${info.height} pixels are no grid of ${count} images`)
  return images
}
