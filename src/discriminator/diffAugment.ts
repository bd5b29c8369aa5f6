import { randomUniform, tf } from '../tensorflow/index.js'
import { type Augmentation, augmentations } from './config.js'

/**
 * The random choices of one augmentation, each [batch]. They are tensors, so that a compiled step takes new ones every
 * time, and the same ones can be applied to an image and to its reference.
 */
export interface AugmentDraws {
  /** float, added: in [−½, ½) */
  brightness: tf.Tensor1D
  /** float, factor of the distance from the pixel's grey: in [0, 2) */
  saturation: tf.Tensor1D
  /** float, factor of the distance from the image's mean: in [½, 1½) */
  contrast: tf.Tensor1D
  /** int32, the output pixel [i, j] is the input's [i + rows, j + columns]: up to an eighth of the image either way */
  shiftRows: tf.Tensor1D
  shiftColumns: tf.Tensor1D
  /** int32, centre of the square that is cut out: 0 … height, 0 … width */
  cutoutRows: tf.Tensor1D
  cutoutColumns: tf.Tensor1D
}

/** Random choices for a batch of images, from a stateless key: the same key gives the same ones. */
export function drawAugment(batch: number, height: number, width: number, key: tf.Tensor1D): AugmentDraws {
  const rows = tf.unstack(randomUniform([7, batch], key)) as tf.Tensor1D[]
  const real = (index: number, low: number, high: number) =>
    tf.add(tf.mul(rows[index]!, high - low), low) as tf.Tensor1D
  const integer = (index: number, low: number, high: number) =>
    tf.add(tf.cast(tf.floor(tf.mul(rows[index]!, high - low + 1)), 'int32'), tf.scalar(low, 'int32')) as tf.Tensor1D
  const shiftBy = (index: number, size: number) => integer(index, -largestShift(size), largestShift(size))
  const cutAt = (index: number, size: number) => integer(index, 0, size - (cutoutSide(size) % 2))
  return {
    brightness: real(0, -0.5, 0.5),
    saturation: real(1, 0, 2),
    contrast: real(2, 0.5, 1.5),
    shiftRows: shiftBy(3, height),
    shiftColumns: shiftBy(4, width),
    cutoutRows: cutAt(5, height),
    cutoutColumns: cutAt(6, width),
  }
}

/**
 * DiffAugment (Zhao et al. 2020): colour, translation with zeros outside, and a square cut out of each image, with
 * gradient to the images.
 * @param images [batch, height, width, channels], zero being mid-grey
 * @param kinds which of the three; in any order, applied in the published one
 */
export function diffAugment(
  images: tf.Tensor4D,
  draws: AugmentDraws,
  kinds: readonly Augmentation[] = augmentations,
): tf.Tensor4D {
  let x = images
  if (kinds.includes('color')) {
    x = contrast(saturation(brightness(x, draws.brightness), draws.saturation), draws.contrast)
  }
  if (kinds.includes('translation')) x = translation(x, draws.shiftRows, draws.shiftColumns)
  if (kinds.includes('cutout')) x = cutout(x, draws.cutoutRows, draws.cutoutColumns)
  return x
}

export function brightness(x: tf.Tensor4D, added: tf.Tensor1D): tf.Tensor4D {
  return tf.add(x, perSample(added))
}

export function saturation(x: tf.Tensor4D, factor: tf.Tensor1D): tf.Tensor4D {
  return spread(x, tf.mean(x, 3, true), factor)
}

export function contrast(x: tf.Tensor4D, factor: tf.Tensor1D): tf.Tensor4D {
  return spread(x, tf.mean(x, [1, 2, 3], true), factor)
}

/** out[i, j] = x[i + rows, j + columns], zero where that lies outside. */
export function translation(x: tf.Tensor4D, rows: tf.Tensor1D, columns: tf.Tensor1D): tf.Tensor4D {
  // The transpose of a shift is the opposite shift: a gather instead of the scatter that autodiff would make of it.
  const shift = tf.customGrad((image, byRows, byColumns, save) => {
    const keep = save as (tensors: tf.Tensor[]) => void
    keep([byRows as tf.Tensor, byColumns as tf.Tensor])
    return {
      value: gatherShifted(image as tf.Tensor4D, byRows as tf.Tensor1D, byColumns as tf.Tensor1D),
      gradFunc: (dy, saved) => {
        const [r, c] = saved as [tf.Tensor1D, tf.Tensor1D]
        return [gatherShifted(dy as tf.Tensor4D, tf.neg(r), tf.neg(c)), tf.zerosLike(r), tf.zerosLike(c)]
      },
    }
  })
  return shift(x, rows, columns) as tf.Tensor4D
}

/** A square of half the image's side, around the centre given and within the image, set to zero. */
export function cutout(x: tf.Tensor4D, rows: tf.Tensor1D, columns: tf.Tensor1D): tf.Tensor4D {
  const [, height, width] = x.shape
  const cutRows = tf.expandDims(cutInterval(rows, height), 2)
  const cutColumns = tf.expandDims(cutInterval(columns, width), 1)
  const kept = tf.cast(tf.logicalNot(tf.logicalAnd(cutRows, cutColumns)), 'float32')
  return tf.mul(x, tf.expandDims(kept, 3))
}

const largestShift = (size: number) => Math.floor(size / 8 + 0.5)
const cutoutSide = (size: number) => Math.floor(size / 2 + 0.5)

const perSample = (values: tf.Tensor1D) => tf.reshape(values, [-1, 1, 1, 1])

/** (x − middle)·factor + middle */
function spread(x: tf.Tensor4D, middle: tf.Tensor, factor: tf.Tensor1D): tf.Tensor4D {
  return tf.add(tf.mul(tf.sub(x, middle), perSample(factor)), middle)
}

function gatherShifted(x: tf.Tensor4D, rows: tf.Tensor1D, columns: tf.Tensor1D): tf.Tensor4D {
  const [batch, height, width, channels] = x.shape
  const from = (shift: tf.Tensor1D, size: number) => {
    const index = tf.add(tf.reshape(shift, [-1, 1]), tf.range(0, size, 1, 'int32'))
    const inside = tf.logicalAnd(tf.greaterEqual(index, 0), tf.less(index, size))
    return { index: tf.clipByValue(index, 0, size - 1), inside }
  }
  const row = from(rows, height)
  const column = from(columns, width)
  // Pixels counted through the whole batch: sample · height · width + row · width + column.
  const samples = tf.reshape(tf.range(0, batch * height * width, height * width, 'int32'), [-1, 1, 1])
  const rowStarts = tf.add(samples, tf.mul(tf.expandDims(row.index, 2), tf.scalar(width, 'int32')))
  const pixels = tf.add(rowStarts, tf.expandDims(column.index, 1))
  const gathered = tf.gather(tf.reshape(x, [-1, channels]), tf.cast(tf.reshape(pixels, [-1]), 'int32'))
  const inside = tf.logicalAnd(tf.expandDims(row.inside, 2), tf.expandDims(column.inside, 1))
  return tf.mul(tf.reshape(gathered, x.shape), tf.expandDims(tf.cast(inside, x.dtype), 3))
}

/** [batch, size] true where the line is cut: the interval around the centre, its ends moved into the image. */
function cutInterval(centre: tf.Tensor1D, size: number): tf.Tensor2D {
  const side = cutoutSide(size)
  const low = tf.sub(tf.reshape(centre, [-1, 1]), tf.scalar(Math.floor(side / 2), 'int32'))
  const high = tf.add(low, tf.scalar(side - 1, 'int32'))
  const line = tf.range(0, size, 1, 'int32')
  const withinImage = (ends: tf.Tensor) => tf.clipByValue(ends, 0, size - 1)
  return tf.logicalAnd(tf.greaterEqual(line, withinImage(low)), tf.lessEqual(line, withinImage(high)))
}
