import { tf } from '../tensorflow/index.js'
import { type Weights, weight } from './weights.js'

/**
 * x·Wᵀ + b over the last axis of x, whatever its rank. A 1×1 convolution is the same thing with its kernel [1, 1, in, out].
 *
 * @param name of the layer; the bias is used where there is one
 */
export function linear(weights: Weights, name: string, x: tf.Tensor): tf.Tensor {
  const matrix = weight(weights, `${name}.weight`)
  const bias = weights[`${name}.bias`]
  // One flat product: TF.js's gradient of a batched product does not sum over a broadcast matrix.
  const rows = tf.reshape(x, [-1, x.shape.at(-1)!]) as tf.Tensor2D
  const isKernel = matrix.rank === 4
  const flat = isKernel ? tf.reshape(matrix, matrix.shape.slice(2)) : matrix
  const product = tf.matMul(rows, flat as tf.Tensor2D, false, !isKernel)
  return tf.reshape(bias ? tf.add(product, bias) : product, [...x.shape.slice(0, -1), product.shape[1]!])
}

/**
 * A 3×3 (or other odd, square) convolution of an NHWC image that keeps its size at stride 1 and halves it at stride 2,
 * with torch's symmetric zero padding.
 *
 * @param shift added instead of the layer's bias: a vector, or [B, 1, 1, C]
 * @param before rows and columns of zeros before the image at stride 2, where an autoencoder has them after it only
 */
export function conv2d(
  weights: Weights,
  name: string,
  x: tf.Tensor4D,
  {
    stride = 1,
    shift = weight(weights, `${name}.bias`),
    before,
  }: { stride?: 1 | 2; shift?: tf.Tensor; before?: number } = {},
): tf.Tensor4D {
  const kernel = weight(weights, `${name}.weight`) as tf.Tensor4D
  const side = (kernel.shape[0] - 1) / 2
  const padding: [number, number] = [before ?? side, side]
  const padded = stride === 1 ? x : tf.pad(x, [[0, 0], padding, padding, [0, 0]])
  return tf.add(tf.conv2d(padded, kernel, stride, stride === 1 ? 'same' : 'valid'), shift)
}

/**
 * A convolution whose stride is its kernel: an image cut into patches, each a row of a matrix product.
 *
 * @param x [B, H, W, C]; rows and columns that fill no patch are dropped, as a convolution drops them
 * @returns [B, patches, out], row by row
 */
export function patchEmbedding(weights: Weights, name: string, x: tf.Tensor4D): tf.Tensor3D {
  const kernel = weight(weights, `${name}.weight`)
  const [side, , channels, outputs] = kernel.shape as [number, number, number, number]
  const [batch, height, width] = x.shape
  const [rows, columns] = [Math.floor(height / side), Math.floor(width / side)]
  const whole =
    height % side || width % side ? tf.slice(x, [0, 0, 0, 0], [batch, rows * side, columns * side, channels]) : x
  const cut = tf.reshape(whole, [batch * rows, side, columns, side * channels])
  const patches = tf.reshape(tf.transpose(cut, [0, 2, 1, 3]), [batch * rows * columns, side * side * channels])
  const product = tf.matMul(
    patches as tf.Tensor2D,
    tf.reshape(kernel, [side * side * channels, outputs]) as tf.Tensor2D,
  )
  const bias = weights[`${name}.bias`]
  return tf.reshape(bias ? tf.add(product, bias) : product, [batch, rows * columns, outputs])
}

/** All rows repeated, in their order, until there are so many. */
export function repeatRows<T extends tf.Tensor>(x: T, rows: number): T {
  const times = rows / x.shape[0]!
  return times === 1 ? x : (tf.concat(Array.from({ length: times }, () => x)) as T)
}

/** Twice the height and width, each pixel repeated. */
export function upsample2x(x: tf.Tensor4D): tf.Tensor4D {
  const [batch, height, width, channels] = x.shape
  const double = tf.customGrad((...inputs: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const [x] = inputs as [tf.Tensor]
    const wide = tf.reshape(tf.concat([x, x], 3), [batch, height, 2 * width * channels])
    return {
      value: tf.reshape(tf.concat([wide, wide], 2), [batch, 2 * height, 2 * width, channels]),
      gradFunc: (dy: tf.Tensor) => {
        const rows = tf.sum(tf.reshape(dy, [batch * height, 2, 2 * width * channels]), 1)
        return tf.reshape(tf.sum(tf.reshape(rows, [batch * height * width, 2, channels]), 1), [
          batch,
          height,
          width,
          channels,
        ])
      },
    }
  })
  return double(x) as tf.Tensor4D
}

/**
 * Sinusoids of the time a network is asked at (Ho et al. 2020), as diffusers' `Timesteps` makes them: frequencies rounded
 * to float32, for at t = 1000 that rounding shows in the fourth digit.
 *
 * @param t [B]
 * @param flip cosines first
 * @param shift subtracted from the number of frequencies in the exponent
 * @returns [B, size]
 */
export function timestepEmbedding(t: tf.Tensor1D, size: number, flip: boolean, shift: number): tf.Tensor2D {
  const half = size / 2
  const frequencies = Float32Array.from({ length: half }, (_, i) =>
    Math.exp(Math.fround(Math.fround(-Math.log(10000) * i) / Math.fround(half - shift))),
  )
  const angles = tf.mul(tf.reshape(tf.cast(t, 'float32'), [-1, 1]), tf.tensor2d(frequencies, [1, half]))
  const [first, second] = flip ? [tf.cos(angles), tf.sin(angles)] : [tf.sin(angles), tf.cos(angles)]
  return tf.concat([first, second], 1) as tf.Tensor2D
}
