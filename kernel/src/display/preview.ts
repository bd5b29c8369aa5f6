// A picture of a tensor that looks like images: [height, width, channels] or [count, height, width, channels] with one
// or three channels, and numbers in [0, 1], [−1, 1] or [0, 255].
import { wholeNumber } from './html.js'
import type { Statistics } from './statistics.js'
import type { Tensor } from './tensorLike.js'

export interface Preview {
  png: Uint8Array
  /** Width at which it is shown, in pixels. */
  width: number
  /** What it shows, and of what. */
  text: string
}

/** Smaller ones are filters or features, not pictures. */
const SMALLEST = 8
const MOST_IMAGES = 16
const COLUMNS = 8
/** Pixels of a side: fetched of one image and of each of several; and shown at least. */
const LARGEST_ALONE = 512
const LARGEST_TILE = 128
const SMALLEST_SHOWN = 64
const GAP = 2

interface Images extends Tensor {
  slice(start: number[], size: number[]): Images
  reshape(shape: number[]): Images
  cast(dtype: string): Images
  avgPool(size: number, strides: number, pad: 'valid'): Images
}

export async function previewOf(tensor: Tensor, statistics: Statistics): Promise<Preview | undefined> {
  const { shape } = tensor
  if (shape.length !== 3 && shape.length !== 4) return undefined
  const [total, height, width, channels] = (shape.length === 3 ? [1, ...shape] : shape) as [
    number,
    number,
    number,
    number,
  ]
  if ((channels !== 1 && channels !== 3) || height < SMALLEST || width < SMALLEST) return undefined
  const scale = scaleOf(statistics, tensor.dtype)
  if (!scale || typeof tensor.avgPool !== 'function') return undefined
  const count = Math.min(total, MOST_IMAGES)
  const factor = Math.ceil(Math.max(height, width) / (count === 1 ? LARGEST_ALONE : LARGEST_TILE))
  const tiles = await fetchImages(tensor as Images, [count, height, width, channels], factor)
  const grid = compose(tiles, scale)
  const { encode } = await import('fast-png')
  const what =
    total === 1
      ? `${width} × ${height}`
      : `${wholeNumber(count)} of ${wholeNumber(total)} images of ${width} × ${height}`
  return {
    png: encode(grid),
    width: grid.width,
    text: [what, scale.name, ...(factor > 1 ? [`shown at 1/${factor}`] : [])].join(', '),
  }
}

interface Scale {
  name: string
  low: number
  high: number
}

/** Samples of a network overshoot a little. */
const MARGIN = 0.5

function scaleOf({ min, max, nan, infinite }: Statistics, dtype: string): Scale | undefined {
  if (nan > 0 || infinite > 0 || Number.isNaN(min)) return undefined
  if (dtype === 'bool') return { name: '[0, 1]', low: 0, high: 1 }
  if (min >= 0 && max <= 1 && dtype === 'float32') return { name: '[0, 1]', low: 0, high: 1 }
  if (min >= 0 && max <= 255 && (dtype === 'int32' || max > 1 + MARGIN)) return { name: '[0, 255]', low: 0, high: 255 }
  if (dtype === 'float32' && min >= -1 - MARGIN && max <= 1 + MARGIN) return { name: '[−1, 1]', low: -1, high: 1 }
  return undefined
}

interface Tiles {
  data: ArrayLike<number>
  count: number
  height: number
  width: number
  channels: number
}

/** The first images, made smaller on the device by a whole factor. */
async function fetchImages(tensor: Images, shape: [number, number, number, number], factor: number): Promise<Tiles> {
  const [count, height, width, channels] = shape
  const made: Tensor[] = []
  const keep = (some: Images) => {
    made.push(some)
    return some
  }
  try {
    const whole = keep(tensor.reshape([-1, height, width, channels]))
    const first = keep(keep(whole.slice([0, 0, 0, 0], shape)).cast('float32'))
    const small = factor > 1 ? keep(first.avgPool(factor, factor, 'valid')) : first
    const [, down, across] = small.shape as [number, number, number, number]
    return { data: (await small.data()) as ArrayLike<number>, count, height: down, width: across, channels }
  } finally {
    for (const tensor of made) tensor.dispose()
  }
}

/** The images side by side, small ones with square pixels, as RGBA bytes. */
function compose({ data, count, height, width, channels }: Tiles, { low, high }: Scale) {
  const zoom = Math.max(1, Math.ceil(SMALLEST_SHOWN / Math.max(height, width)))
  const columns = Math.min(count, COLUMNS)
  const rows = Math.ceil(count / columns)
  const [tileWidth, tileHeight] = [width * zoom, height * zoom]
  const fullWidth = columns * (tileWidth + GAP) - GAP
  const fullHeight = rows * (tileHeight + GAP) - GAP
  const pixels = new Uint8ClampedArray(fullWidth * fullHeight * 4)
  for (let image = 0; image < count; image++) {
    const left = (image % columns) * (tileWidth + GAP)
    const top = Math.floor(image / columns) * (tileHeight + GAP)
    for (let y = 0; y < tileHeight; y++) {
      for (let x = 0; x < tileWidth; x++) {
        const from = ((image * height + Math.floor(y / zoom)) * width + Math.floor(x / zoom)) * channels
        const to = ((top + y) * fullWidth + left + x) * 4
        for (let channel = 0; channel < 3; channel++) {
          const value = data[from + (channels === 3 ? channel : 0)]!
          pixels[to + channel] = ((value - low) / (high - low)) * 255
        }
        pixels[to + 3] = 255
      }
    }
  }
  return { width: fullWidth, height: fullHeight, data: new Uint8Array(pixels.buffer), channels: 4 as const }
}
