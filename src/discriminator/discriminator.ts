import { dinov2Config, type Weights } from '../models/index.js'
import { tf } from '../tensorflow/index.js'
import { type DiscriminatorConfig, type DiscriminatorSettings, discriminatorConfig } from './config.js'
import { diffAugment, drawAugment } from './diffAugment.js'
import { extractFeatures, type FeatureNetwork } from './features.js'
import { discriminatorLoss, generatorLoss } from './losses.js'
import { createHeads, type DiscriminatorWeights, scoresAgainst, twinOutputs } from './siamese.js'
import { isBuffer, powerIteration } from './spectralNorm.js'

/** The part of a discriminator that training leaves alone. What it trains is a `DiscriminatorWeights`. */
export interface Discriminator {
  config: DiscriminatorConfig
  features: FeatureNetwork
}

/** Images [batch, height, width, 3] in [−1, 1], the i-th of each belonging together. */
export interface ImagePairs {
  generated: tf.Tensor4D
  real: tf.Tensor4D
  /** the Siamese reference of the same prompts; the real images by default, as in the paper */
  reference?: tf.Tensor4D
}

/**
 * A discriminator on a frozen feature network, with fresh heads.
 * @param seed of the heads' weights
 * @throws ZodError or RangeError naming the setting that is wrong
 */
export function createDiscriminator(
  settings: DiscriminatorSettings,
  features: FeatureNetwork,
  seed: number,
): { discriminator: Discriminator; weights: DiscriminatorWeights } {
  const config = discriminatorConfig.parse(settings)
  const { num_hidden_layers: blocks, hidden_size: width } = dinov2Config(features.config)
  const beyond = config.hooks.find(hook => hook >= blocks)
  if (beyond !== undefined) {
    throw new RangeError(`hooks: ${beyond} is not among the feature network's blocks, 0 … ${blocks - 1}`)
  }
  return { discriminator: { config, features }, weights: createHeads(config, width, seed) }
}

/**
 * The discriminator's update before the optimizer: spectral normalisation's power iteration, Eq. 9, and its gradients.
 * Nothing is taped but the heads; pure, so it can be compiled.
 * @param key of the augmentations' random choices, int32 [2]
 * @returns loss; scores of the real and of the generated images [batch, heads]; gradients by name; and the vectors of the
 *   power iteration, which take their place in `online` together with the updated weights
 */
export function discriminatorGradients(
  { config, features }: Discriminator,
  { online, twin }: DiscriminatorWeights,
  { generated, real, reference = real }: ImagePairs,
  key: tf.Tensor1D,
): { loss: tf.Scalar; real: tf.Tensor2D; generated: tf.Tensor2D; gradients: Weights; buffers: Weights } {
  return tf.tidy(() => {
    // One call of the feature network for all three: a third of the graph to compile, and larger products.
    const all = tf.concat([generated, real, reference].map((images, role) => augmented(images, config, key, role)))
    const split = extractFeatures(features, all, config.hooks, config.resolution).map(x => tf.split(x, 3))
    const [ofGenerated, ofReal, ofReference] = [0, 1, 2].map(role => split.map(parts => parts[role]!)) as [
      tf.Tensor3D[],
      tf.Tensor3D[],
      tf.Tensor3D[],
    ]
    const targets = twinOutputs(twin, config, ofReference)
    const buffers = powerIteration(online)
    const names = trainableNames(online)
    let scores: { real: tf.Tensor2D; generated: tf.Tensor2D } | undefined
    const { value, grads } = tf.valueAndGrads((...trained: tf.Tensor[]) => {
      const current = { ...online, ...buffers, ...Object.fromEntries(names.map((name, i) => [name, trained[i]!])) }
      scores = {
        real: tf.keep(scoresAgainst(current, config, ofReal, targets)),
        generated: tf.keep(scoresAgainst(current, config, ofGenerated, targets)),
      }
      return discriminatorLoss(scores.real, scores.generated)
    })(names.map(name => online[name]!))
    const gradients = Object.fromEntries(names.map((name, i) => [name, grads[i]!]))
    const { real: realScores, generated: generatedScores } = scores!
    return {
      loss: value as tf.Scalar,
      real: handOver(realScores),
      generated: handOver(generatedScores),
      gradients,
      buffers,
    }
  })
}

/**
 * The generator's adversarial loss (first line of Eq. 8) and its gradient with respect to the generated images: the
 * cotangent that is pulled back through decoder and sampler. Pure, so it can be compiled.
 * @param key of the augmentations' random choices, int32 [2]
 * @returns loss; scores [batch, heads]; gradient [batch, height, width, 3]
 */
export function generatorGradient(
  { config, features }: Discriminator,
  { online, twin }: DiscriminatorWeights,
  { generated, real, reference = real }: ImagePairs,
  key: tf.Tensor1D,
): { loss: tf.Scalar; scores: tf.Tensor2D; gradient: tf.Tensor4D } {
  return tf.tidy(() => {
    const featuresOf = (images: tf.Tensor4D, role: number) =>
      extractFeatures(features, augmented(images, config, key, role), config.hooks, config.resolution)
    const targets = config.kind === 'siamese' ? twinOutputs(twin, config, featuresOf(reference, 2)) : []
    let scores: tf.Tensor2D | undefined
    const { value, grad } = tf.valueAndGrad((images: tf.Tensor) => {
      scores = tf.keep(scoresAgainst(online, config, featuresOf(images as tf.Tensor4D, 0), targets))
      return generatorLoss(scores)
    })(generated)
    return { loss: value as tf.Scalar, scores: handOver(scores!), gradient: grad as tf.Tensor4D }
  })
}

/** A tensor kept beyond the differentiated function, given to the scope around, which frees it unless it is returned. */
function handOver<T extends tf.Tensor>(kept: T): T {
  const own = tf.clone(kept)
  kept.dispose()
  return own
}

/** Names of what an optimizer trains: all but spectral normalisation's vectors, in a fixed order. */
export function trainableNames(online: Weights): string[] {
  return Object.keys(online)
    .filter(name => !isBuffer(name))
    .sort()
}

/** Augments one of the roles (generated, real, reference), each with random choices of its own unless they are shared. */
function augmented(images: tf.Tensor4D, config: DiscriminatorConfig, key: tf.Tensor1D, role: number): tf.Tensor4D {
  if (config.augment.length === 0) return images
  const [batch, height, width] = images.shape
  const ownKey = config.sharedAugment ? key : tf.add(key, tf.tensor1d([0, role], 'int32'))
  return diffAugment(images, drawAugment(batch, height, width, ownKey as tf.Tensor1D), config.augment)
}
