import { tf } from '../tensorflow/index.js'
import { conv2d, linear, repeatRows } from './layers.js'
import { groupNorm } from './norms.js'
import { convParameters, linearParameters, normParameters, type Parameters, together } from './parameters.js'
import { type Weights, weight } from './weights.js'

/** What the blocks of one network share. */
export interface BlockSettings {
  groups: number
  epsilon: number
}

/**
 * diffusers' `ResnetBlock2D`: norm, SiLU, convolution, the time added, and once more; beside it the input itself.
 *
 * @param embedding SiLU of the time embedding, [B, C'] or [1, C']; none in an autoencoder
 * @param scale the sum is divided by it
 */
export function resnetBlock(
  weights: Weights,
  name: string,
  x: tf.Tensor4D,
  embedding: tf.Tensor | undefined,
  { groups, epsilon }: BlockSettings,
  scale = 1,
): tf.Tensor4D {
  return tf.tidy(() => {
    const norm = { groups, epsilon, silu: true }
    const times = embedding?.shape[0] ?? 1
    const rows = Math.max(times, x.shape[0])
    x = repeatRows(x, rows)
    let shift = weight(weights, `${name}.conv1.bias`)
    if (embedding) {
      const time = tf.add(linear(weights, `${name}.time_emb_proj`, embedding), shift)
      shift = tf.reshape(times === 1 ? time : repeatRows(time, rows), [-1, 1, 1, time.shape[1]!])
    }
    const h = conv2d(weights, `${name}.conv1`, groupNorm(weights, `${name}.norm1`, x, norm), { shift })
    const out = conv2d(weights, `${name}.conv2`, groupNorm(weights, `${name}.norm2`, h, norm))
    const skip = weights[`${name}.conv_shortcut.weight`] ? linear(weights, `${name}.conv_shortcut`, x) : x
    const sum = tf.add(skip, out) as tf.Tensor4D
    return scale === 1 ? sum : (tf.div(sum, scale) as tf.Tensor4D)
  })
}

/** @param embedChannels of the time embedding; null where there is none */
export function resnetParameters(
  name: string,
  inputs: number,
  outputs: number,
  embedChannels: number | null,
): Parameters {
  return together(
    normParameters(`${name}.norm1`, inputs),
    convParameters(`${name}.conv1`, inputs, outputs, 3),
    embedChannels === null ? {} : linearParameters(`${name}.time_emb_proj`, embedChannels, outputs),
    normParameters(`${name}.norm2`, outputs),
    convParameters(`${name}.conv2`, outputs, outputs, 3),
    inputs === outputs ? {} : convParameters(`${name}.conv_shortcut`, inputs, outputs, 1),
  )
}
