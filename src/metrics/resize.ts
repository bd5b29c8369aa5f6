/** One output sample: the first input sample under the filter, and the weights of the inputs from there on. */
interface Taps {
  first: number
  weights: Float64Array
}

/** Filters as Pillow defines them: half their width in input samples, and their value at a distance. */
const filters = {
  bilinear: { support: 1, at: (x: number) => Math.max(1 - Math.abs(x), 0) },
  // Keys' cubic with a = −½
  bicubic: {
    support: 2,
    at: (x: number) => {
      const d = Math.abs(x)
      if (d < 1) return 1.5 * d ** 3 - 2.5 * d ** 2 + 1
      return d < 2 ? -0.5 * d ** 3 + 2.5 * d ** 2 - 4 * d + 2 : 0
    },
  },
}

export type ResizeFilter = keyof typeof filters

/**
 * Weights that resample a line of `input` samples to `output` samples. When shrinking, the filter is widened by the
 * scale, so that it averages instead of skipping: what the published image metrics are computed with, and what
 * libraries that interpolate between neighbours only leave out.
 */
function filterTaps(input: number, output: number, filter: ResizeFilter): Taps[] {
  const { support, at } = filters[filter]
  const scale = input / output
  const stretch = Math.max(scale, 1)
  return Array.from({ length: output }, (_, i) => {
    const centre = (i + 0.5) * scale
    const first = Math.max(Math.floor(centre - support * stretch + 0.5), 0)
    const end = Math.min(Math.floor(centre + support * stretch + 0.5), input)
    const weights = Float64Array.from({ length: end - first }, (_, k) => at((first + k + 0.5 - centre) / stretch))
    const sum = weights.reduce((a, b) => a + b, 0)
    return { first, weights: weights.map(w => w / sum) }
  })
}

/** The same weights as a dense [output, input] matrix, row-major: a resize that a graph can differentiate. */
export function resizeMatrix(input: number, output: number, filter: ResizeFilter): Float32Array {
  const matrix = new Float32Array(output * input)
  filterTaps(input, output, filter).forEach(({ first, weights }, row) => {
    matrix.set(weights, row * input + first)
  })
  return matrix
}

/**
 * Resizes an image as Pillow does its floating-point channels: columns first, then rows, no rounding to 8 bits between.
 * @param image [height, width, channels], row-major
 * @returns [size.height, size.width, channels]; bicubic may overshoot the range of the input: see `clip`
 */
export function resizeImage(
  image: ArrayLike<number>,
  from: { height: number; width: number; channels: number },
  size: { height: number; width: number },
  filter: ResizeFilter = 'bicubic',
): Float32Array {
  const { height, width, channels } = from
  if (image.length !== height * width * channels) {
    throw new RangeError(`resize: ${image.length} values are not an image of ${height} × ${width} × ${channels}`)
  }
  const columns = filterTaps(width, size.width, filter)
  const rows = filterTaps(height, size.height, filter)

  const narrow = new Float32Array(height * size.width * channels)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < size.width; x++) {
      const { first, weights } = columns[x]!
      for (let c = 0; c < channels; c++) {
        let sum = 0
        for (let k = 0; k < weights.length; k++) sum += weights[k]! * image[(y * width + first + k) * channels + c]!
        narrow[(y * size.width + x) * channels + c] = sum
      }
    }
  }

  const stride = size.width * channels
  const result = new Float32Array(size.height * stride)
  for (let y = 0; y < size.height; y++) {
    const { first, weights } = rows[y]!
    for (let x = 0; x < stride; x++) {
      let sum = 0
      for (let k = 0; k < weights.length; k++) sum += weights[k]! * narrow[(first + k) * stride + x]!
      result[y * stride + x] = sum
    }
  }
  return result
}

/** Values outside low … high, as bicubic overshoot leaves them, set to the nearer end. */
export function clip(values: Float32Array, low: number, high: number): Float32Array {
  return values.map(value => Math.min(Math.max(value, low), high))
}
