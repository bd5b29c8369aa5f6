import type { Weights } from '../models/index.js'
import { tf } from '../tensorflow/index.js'
import type { DiscriminatorConfig, Readout } from './config.js'
import { headForward, initHead } from './heads.js'
import { isBuffer, powerIteration } from './spectralNorm.js'

const headPrefix = (index: number) => `heads.${index}.`
const predictorPrefix = (index: number) => `predictor.${index}.`

const lengthEpsilon = 1e-8

/** What of a discriminator is trained, and the slow copy of its heads that looks at the reference. */
export interface DiscriminatorWeights {
  /** `heads.I.*` (ϕ) and, in the Siamese kind, `predictor.I.*` (η); spectral normalisation's vectors among them */
  online: Weights
  /** `heads.I.*` (φ); empty in the single kind */
  twin: Weights
}

/**
 * Random heads, one a hooked block, each with its predictor; the twins start equal to the heads.
 * @param featureDim width of the features
 */
export function createHeads(config: DiscriminatorConfig, featureDim: number, seed: number): DiscriminatorWeights {
  const { kernel, kind } = config
  const siamese = kind === 'siamese'
  const online: Weights = {}
  const twin: Weights = {}
  config.hooks.forEach((_, i) => {
    // The single kind asks for one logit a token.
    const outputs = siamese ? config.outputs : 1
    const head = initHead(headPrefix(i), { channels: featureDim, outputs, kernel }, seed, 0, i)
    Object.assign(online, head)
    if (!siamese) return
    Object.assign(online, initHead(predictorPrefix(i), { channels: outputs, outputs, kernel }, seed, 1, i))
    for (const [name, tensor] of Object.entries(head)) twin[name] = tf.clone(tensor)
  })
  return { online, twin }
}

/**
 * The twins' outputs z_R = h′(F(x₀)) for the reference. They carry no gradient to what is trained, and the two scores of
 * a discriminator step share them.
 * @param features of the reference, a hooked block each [batch, tokens, width]
 * @returns [batch, tokens, outputs] a head; nothing in the single kind
 */
export function twinOutputs(twin: Weights, config: DiscriminatorConfig, features: tf.Tensor3D[]): tf.Tensor3D[] {
  if (config.kind === 'single') return []
  return features.map((x, i) => headForward(twin, headPrefix(i), x))
}

/**
 * Scores of images (Eq. 6): per head the cosine between the predicted output for the image, g(h(F(x_I))), and the twin's
 * output for the reference. In the single kind (StyleGAN-T's discriminator) there is no reference: a head's mean output.
 * @param features of the images, a hooked block each [batch, tokens, width]
 * @param targets from `twinOutputs`
 * @returns [batch, heads]
 */
export function scoresAgainst(
  online: Weights,
  config: DiscriminatorConfig,
  features: tf.Tensor3D[],
  targets: tf.Tensor3D[],
): tf.Tensor2D {
  const scores = features.map((x, i) => {
    const output = headForward(online, headPrefix(i), x)
    if (config.kind === 'single') return tf.mean(output, [1, 2])
    return similarity(headForward(online, predictorPrefix(i), output), targets[i]!, config.readout)
  })
  return tf.stack(scores, 1) as tf.Tensor2D
}

/** `twinOutputs` and `scoresAgainst` in one: Eq. 6 from the features of an image and of its reference. */
export function siameseScores(
  online: Weights,
  twin: Weights,
  config: DiscriminatorConfig,
  featuresOfImage: tf.Tensor3D[],
  featuresOfReference: tf.Tensor3D[],
): tf.Tensor2D {
  return scoresAgainst(online, config, featuresOfImage, twinOutputs(twin, config, featuresOfReference))
}

/**
 * Cosine of two outputs [batch, tokens, channels] per sample. The paper doesn't say over what:
 * `token`: over channels, then the mean over tokens; `flat`: over channels and tokens together;
 * `pooled`: over channels, of the means over tokens.
 * @returns [batch]
 */
export function similarity(a: tf.Tensor3D, b: tf.Tensor3D, readout: Readout): tf.Tensor1D {
  switch (readout) {
    case 'token':
      return tf.mean(cosine(a, b), 1)
    case 'flat':
      return cosine(tf.reshape(a, [a.shape[0], -1]), tf.reshape(b, [b.shape[0], -1])) as tf.Tensor1D
    case 'pooled':
      return cosine(tf.mean(a, 1), tf.mean(b, 1)) as tf.Tensor1D
  }
}

/**
 * The twins after a discriminator step: φ ← τφ + (1−τ)ϕ. Spectral normalisation's vectors belong to the averaged weights:
 * they take a power iteration of their own.
 * @param tau decay rate, 0 … 1
 * @returns the new twin; the weights given are left as they are
 */
export function updateTwin(twin: Weights, online: Weights, tau: number): Weights {
  if (!(tau >= 0 && tau <= 1)) throw new RangeError(`tau must be from 0 to 1, got ${tau}`)
  return tf.tidy(() => {
    const averaged = Object.entries(twin).map(([name, slow]) => {
      if (isBuffer(name)) return [name, slow] as const
      return [name, tf.add(tf.mul(slow, tau), tf.mul(online[name]!, 1 - tau))] as const
    })
    const next = Object.fromEntries(averaged)
    return { ...next, ...powerIteration(next) }
  })
}

function cosine(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  return tf.sum(tf.mul(unit(a), unit(b)), -1)
}

function unit(x: tf.Tensor): tf.Tensor {
  const squared = tf.sum(tf.square(x), -1, true)
  return tf.mul(x, tf.rsqrt(tf.maximum(squared, lengthEpsilon ** 2)))
}
