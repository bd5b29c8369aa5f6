/** A network, a data set and a feature network so small that a run takes seconds. */

import { createDataset, type Dataset } from '../../src/data/index.js'
import type { FeatureNetwork } from '../../src/discriminator/index.js'
import { initDinov2, type Weights } from '../../src/models/index.js'
import { linearSchedule, type Schedule } from '../../src/samplers/index.js'
import { randomKey, randomNormal, tf } from '../../src/tensorflow/index.js'
import type { Network, Tunable } from '../../src/tuning/index.js'

export const size = 8
const width = 6

/** Two convolutions with time and condition in between. */
export const tinyNetwork: Network<tf.Tensor2D> = (weights, x, t, condition) => {
  const time = tf.matMul(tf.sin(tf.div(tf.reshape(t, [-1, 1]), 100)) as tf.Tensor2D, weights.time as tf.Tensor2D)
  const bias = tf.add(time, tf.matMul(condition, weights.condition as tf.Tensor2D))
  const first = tf.conv2d(x, weights.first as tf.Tensor4D, 1, 'same')
  const rows = first.shape[0] === condition.shape[0] ? first : tf.concat([first, first])
  const hidden = tf.tanh(tf.add(rows, tf.reshape(bias, [-1, 1, 1, width])))
  return tf.conv2d(hidden as tf.Tensor4D, weights.last as tf.Tensor4D, 1, 'same')
}

export function tinyWeights(seed = 1): Weights {
  const draw = (shape: number[], index: number) =>
    tf.tidy(() => tf.mul(randomNormal(shape, randomKey(seed, index)), 0.3))
  return {
    first: draw([3, 3, 3, width], 1),
    time: draw([1, width], 2),
    condition: draw([4, width], 3),
    last: draw([3, 3, width, 3], 4),
  }
}

/** Captions as four numbers, zero for the empty one. */
export function encode(captions: string[]): tf.Tensor2D {
  const rows = captions.map(caption =>
    [3, 5, 7, 11].map(factor => (caption === '' ? 0 : Math.sin(factor * [...caption].length + caption.charCodeAt(0)))),
  )
  return tf.tensor2d(rows)
}

export function tinyTunable(schedule: Schedule = linearSchedule()): Tunable<tf.Tensor2D> {
  return { network: tinyNetwork, schedule, encode }
}

export function tinyData(count = 12): Dataset {
  return createDataset({
    name: 'tiny',
    items: Array.from({ length: count }, (_, i) => ({ id: `${i}`, text: 'caption'.slice(0, (i % 7) + 1) })),
    size,
    hash: `tiny-${count}`,
    read: async () => Uint8Array.from({ length: count * size * size * 3 }, (_, i) => (i * 37 + (i >> 4) * 91) % 256),
  })
}

export function tinyFeatures(): FeatureNetwork {
  const config = {
    model_type: 'dinov2',
    architectures: ['Dinov2Model'],
    attention_probs_dropout_prob: 0,
    drop_path_rate: 0,
    hidden_act: 'gelu',
    hidden_dropout_prob: 0,
    hidden_size: 12,
    image_size: size,
    layer_norm_eps: 1e-6,
    layerscale_value: 1,
    mlp_ratio: 2,
    num_attention_heads: 2,
    num_channels: 3,
    num_hidden_layers: 2,
    patch_size: 2,
    qkv_bias: true,
    use_swiglu_ffn: false,
  }
  return { config, weights: initDinov2(config, 5) }
}
