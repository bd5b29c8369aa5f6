// The discriminator: scores of images by small heads on frozen features, compared with a slow twin's view of a real
// image of the same prompt (Eq. 6), its losses (Eq. 8, 9), and the differentiable augmentation in front of it.
// Weights are records with torch's names; everything is a pure function of them.
export {
  type Augmentation,
  augmentations,
  type DiscriminatorConfig,
  type DiscriminatorSettings,
  discriminatorConfig,
  type Readout,
} from './config.js'
export { type AugmentDraws, diffAugment, drawAugment } from './diffAugment.js'
export {
  createDiscriminator,
  type Discriminator,
  discriminatorGradients,
  generatorGradient,
  type ImagePairs,
  trainableNames,
} from './discriminator.js'
export { extractFeatures, type FeatureNetwork } from './features.js'
export { headForward } from './heads.js'
export { discriminatorLoss, generatorLoss } from './losses.js'
export {
  createHeads,
  type DiscriminatorWeights,
  scoresAgainst,
  siameseScores,
  similarity,
  twinOutputs,
  updateTwin,
} from './siamese.js'
export { isBuffer, powerIteration } from './spectralNorm.js'
