// The library, imported as 'adt': samplers as data, tuning as events, models that diffusers saved, data, metrics,
// and what a notebook cell uses to show them. Nothing opens TensorFlow before the first operation.
export * from './data/index.js'
export * from './discriminator/index.js'
export {
  changedStudy,
  type Executor,
  findings,
  findStudy,
  localExecutor,
  parseStudy,
  readTrials,
  renderTable,
  runStudy,
  type Study,
  type StudyEvent,
  type StudyInput,
  scaleFolder,
  studies,
  tableOf,
  trialsOf,
} from './experiments/index.js'
export { load, loadClip, loadFeatures, tune } from './library.js'
export {
  bootstrapInterval,
  clipScore,
  type Evaluation,
  evaluateImages,
  featureStatistics,
  frechetDistance,
  imageFeatures,
  loadMetricClip,
  type MetricClip,
  textFeatures,
  winRate,
} from './metrics/index.js'
export {
  type DiffusionModel,
  denoise,
  disposeDiffusionModel,
  encodePrompts,
  loadDiffusionModel,
  loadModelFolder,
  loadTokenizer,
  type ModelConfig,
  readSafetensors,
  type SampleOptions,
  sample,
  saveDiffusionModel,
  saveModelFolder,
  unet2DCondition,
  type Weights,
  writeSafetensors,
} from './models/index.js'
export * from './notebook/index.js'
export { modelFolder, type PretrainEvent, pretrain, readRecipe } from './pretraining/index.js'
export {
  type BackwardPath,
  backwardWeights,
  cosineSchedule,
  ddim,
  dpmSolver,
  flowEuler,
  flowSchedule,
  linearSchedule,
  type Plan,
  runPlan,
  type Schedule,
  samplerFromConfig,
  scaledLinearSchedule,
  scheduleFromConfig,
} from './samplers/index.js'
export {
  devices,
  forgetPeak,
  jit,
  memory,
  randomKey,
  randomNormal,
  randomUniform,
  rawOp,
  tf,
  useTensorFloat32,
} from './tensorflow/index.js'
export { parseSettings, presets, type Settings, type TuneEvent, type TuneSettings } from './tuning/index.js'
