import type { Weights } from '../models/index.js'
import { randomKey, randomNormal, randomUniform, tf } from '../tensorflow/index.js'
import { normalizedWeight, powerIteration } from './spectralNorm.js'

// Names of a head's layers, as in its torch module: cls(main(x)).
const first = { conv: 'main.0.0', norm: 'main.0.1' }
const second = { conv: 'main.1.fn.0', norm: 'main.1.fn.1' }
const last = 'cls'

/** Consecutive samples that share their batch statistics are this many, where the batch size allows. */
const virtualBatch = 8
const batchNormEpsilon = 1e-5
const leak = 0.2
/** Initial power iterations, so that training starts from weights that are normalised already. */
const warmUp = 15

/**
 * A discriminator head on tokens (StyleGAN-T's, as §3.1 and A.2 use it; the predictor of Eq. 6 is one with 64 inputs):
 * convolution of one token, then a residual circular convolution over the neighbours, each with batch normalisation and
 * a leaky ReLU, then a convolution of one token to the outputs. All convolutions are spectrally normalised.
 * @param weights `${prefix}main.0.0.weight_orig`, … in torch's layout [out, in, kernel]
 * @param x [batch, tokens, channels]
 * @returns [batch, tokens, outputs]
 */
export function headForward(weights: Weights, prefix: string, x: tf.Tensor3D): tf.Tensor3D {
  const block = (input: tf.Tensor3D, { conv, norm }: typeof first) =>
    tf.leakyRelu(groupedBatchNorm(convolution(input, weights, prefix + conv), weights, prefix + norm), leak)
  const h = block(x, first)
  const residual = tf.mul(tf.add(block(h, second), h), Math.SQRT1_2) as tf.Tensor3D
  return convolution(residual, weights, prefix + last)
}

/**
 * Random weights of one head: convolutions uniform within ±1/√(inputs·kernel), normalisation at identity.
 * @param seed with `path`, names the random numbers: equal ones give equal weights
 */
export function initHead(
  prefix: string,
  { channels, outputs, kernel }: { channels: number; outputs: number; kernel: number },
  seed: number,
  ...path: number[]
): Weights {
  return tf.tidy(() => {
    const weights: Weights = {}
    let drawn = 0
    const nextKey = () => randomKey(seed, ...path, drawn++)
    const addConvolution = (layer: string, inputs: number, outputs: number, kernel: number) => {
      const bound = 1 / Math.sqrt(inputs * kernel)
      weights[`${layer}.weight_orig`] = randomUniform([outputs, inputs, kernel], nextKey(), -bound, bound)
      weights[`${layer}.bias`] = randomUniform([outputs], nextKey(), -bound, bound)
      weights[`${layer}.weight_u`] = randomNormal([outputs], nextKey())
      weights[`${layer}.weight_v`] = randomNormal([inputs * kernel], nextKey())
    }
    const addNorm = (layer: string) => {
      weights[`${layer}.weight`] = tf.ones([channels])
      weights[`${layer}.bias`] = tf.zeros([channels])
    }
    addConvolution(prefix + first.conv, channels, channels, 1)
    addNorm(prefix + first.norm)
    addConvolution(prefix + second.conv, channels, channels, kernel)
    addNorm(prefix + second.norm)
    addConvolution(prefix + last, channels, outputs, 1)
    for (let i = 0; i < warmUp; i++) Object.assign(weights, powerIteration(weights))
    return weights
  })
}

function convolution(x: tf.Tensor3D, weights: Weights, layer: string): tf.Tensor3D {
  const weight = normalizedWeight(weights, layer) as tf.Tensor3D
  const [outputs, inputs, kernel] = weight.shape
  const [batch, tokens, channels] = x.shape
  if (channels !== inputs) {
    throw new RangeError(`${layer}: weights for ${inputs} channels, but the features have ${channels}`)
  }
  const product =
    kernel === 1
      ? tf.reshape(tf.matMul(tf.reshape(x, [-1, channels]), tf.reshape(weight, [outputs, inputs]), false, true), [
          batch,
          tokens,
          outputs,
        ])
      : tf.conv1d(circularPad(x, (kernel - 1) / 2, layer), tf.transpose(weight, [2, 1, 0]), 1, 'valid')
  return tf.add(product, weights[`${layer}.bias`]!) as tf.Tensor3D
}

/** The tokens as a ring: the last ones again in front, the first ones again at the end. */
function circularPad(x: tf.Tensor3D, pad: number, layer: string): tf.Tensor3D {
  const [batch, tokens, channels] = x.shape
  if (!Number.isInteger(pad)) throw new RangeError(`${layer}: the kernel must be odd, got ${2 * pad + 1}`)
  if (tokens < pad) throw new RangeError(`${layer}: needs ${pad} tokens or more, got ${tokens}`)
  const front = tf.slice(x, [0, tokens - pad, 0], [batch, pad, channels])
  const end = tf.slice(x, [0, 0, 0], [batch, pad, channels])
  return tf.concat([front, x, end], 1)
}

/** Batch normalisation with the statistics of the batch itself, always, taken over groups of samples and their tokens. */
function groupedBatchNorm(x: tf.Tensor3D, weights: Weights, layer: string): tf.Tensor3D {
  const [batch, tokens, channels] = x.shape
  const groups = batchNormGroups(batch)
  const grouped = tf.reshape(x, [groups, batch / groups, tokens, channels])
  const centred = tf.sub(grouped, tf.mean(grouped, [1, 2], true))
  const variance = tf.mean(tf.square(centred), [1, 2], true)
  const normal = tf.mul(centred, tf.rsqrt(tf.add(variance, batchNormEpsilon)))
  const result = tf.add(tf.mul(normal, weights[`${layer}.weight`]!), weights[`${layer}.bias`]!)
  return tf.reshape(result, [batch, tokens, channels])
}

/**
 * Groups of equal size, of eight samples or fewer: ⌈batch/8⌉ of them, or the next number that divides the batch
 * (StyleGAN-T's own rule fails there: 20 samples are no 3 equal groups; here they are 4).
 */
export function batchNormGroups(batch: number): number {
  let groups = Math.ceil(batch / virtualBatch)
  while (batch % groups !== 0) groups++
  return groups
}
