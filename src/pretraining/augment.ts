import { randomUniform, tf } from '../tensorflow/index.js'

export interface Augmentation {
  /** Largest relative change of size, up or down. */
  zoom: number
  /** Largest shift, as a part of the side. */
  shift: number
  /** Largest change of brightness (in units of [−1, 1]), and relative change of contrast and saturation. */
  colour: number
}

/**
 * Each image a little larger or smaller, moved, and with other colours; what comes in from outside is white.
 * Nothing is blurred and no noise is added: what is learnt here has to notice both.
 *
 * @param images [batch, height, width, 3] in [−1, 1]
 * @param key int32 [2]; the same key gives the same changes
 */
export function augment(images: tf.Tensor4D, settings: Augmentation, key: tf.Tensor1D): tf.Tensor4D {
  const [batch, height, width] = images.shape
  // One row of draws in [−1, 1] for each image: zoom, shift down, shift right, brightness, contrast, saturation.
  const draws = tf.split(randomUniform([batch, 6], key, -1, 1), 6, 1) as tf.Tensor2D[]
  const [zoom, down, right, brightness, contrast, saturation] = draws.map(draw => draw.reshape([batch, 1, 1]))
  const scale = zoom!.mul(Math.log1p(settings.zoom)).exp()
  const rows = resampling(scale, down!.mul(settings.shift * height), height)
  const columns = resampling(scale, right!.mul(settings.shift * width), width)
  const moved = alongColumns(columns, alongRows(rows, images.sub(1) as tf.Tensor4D)).add(1)
  const factor = (draw: tf.Tensor) => draw.mul(settings.colour).add(1).reshape([batch, 1, 1, 1])
  const grey = moved.mean(3, true)
  const coloured = grey.add(moved.sub(grey).mul(factor(saturation!)))
  const mean = coloured.mean([1, 2, 3], true)
  const contrasted = mean.add(coloured.sub(mean).mul(factor(contrast!)))
  return contrasted.add(brightness!.mul(settings.colour).reshape([batch, 1, 1, 1])).clipByValue(-1, 1) as tf.Tensor4D
}

/**
 * Linear interpolation as a matrix for each image: row i weighs the pixels around (i − centre) · scale + centre + shift.
 * @returns [batch, size, size]
 */
function resampling(scale: tf.Tensor, shift: tf.Tensor, size: number): tf.Tensor3D {
  const centre = (size - 1) / 2
  const place = tf.range(0, size)
  const source = place.reshape([1, size, 1]).sub(centre).mul(scale).add(shift).add(centre)
  return tf.relu(tf.sub(1, source.sub(place.reshape([1, 1, size])).abs())) as tf.Tensor3D
}

function alongRows(matrices: tf.Tensor3D, images: tf.Tensor4D): tf.Tensor4D {
  const [batch, height, width, channels] = images.shape
  return tf
    .matMul(matrices, images.reshape([batch, height, width * channels]))
    .reshape([batch, height, width, channels])
}

function alongColumns(matrices: tf.Tensor3D, images: tf.Tensor4D): tf.Tensor4D {
  return alongRows(matrices, images.transpose([0, 2, 1, 3])).transpose([0, 2, 1, 3])
}
