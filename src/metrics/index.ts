// What is measured on images: the Fréchet distance of two sets, how well images fit their prompts, which of two models
// wins how often, the aesthetic score; and the resizing that the published definitions of these prescribe.
// Statistics are in double precision on the processor; only the networks run in TensorFlow.
export { aestheticScore } from './aesthetic.js'
export { imageFeatures, loadMetricClip, type MetricClip, textFeatures } from './clip.js'
export { clipScore, hpsPercent, pairedCosines } from './clipScore.js'
export {
  createEvaluation,
  type Evaluation,
  type EvaluationInput,
  evaluateImages,
  fidName,
  type Judges,
  measureReal,
  type RealImages,
} from './evaluate.js'
export { type FeatureStatistics, type Features, featureStatistics, frechetDistance } from './frechet.js'
export { concatenate, type ImageBatch } from './images.js'
export {
  inceptionFeatures,
  inceptionStatistics,
  loadMetricInception,
  loadStatistics,
  type MetricInception,
  saveStatistics,
} from './inception.js'
export { clip, type ResizeFilter, resizeImage, resizeMatrix } from './resize.js'
export { bootstrapInterval, type WinRate, type WinRateOptions, winRate } from './winRate.js'
