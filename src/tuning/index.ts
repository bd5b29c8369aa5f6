// Tuning: Algorithm 1 (roll out without a tape, pull back step by step) and plain finetuning as async generators, with
// optimizer, averages, logging and exact checkpoints.
// Everything random is a function of seed and iteration; everything long reports through events.

export { type Action, actionSchema, type Change, type RunValues } from './action.js'
export { type AdamwSettings, adamw, adamwNumbers, type Moments, zeroMoments } from './adamw.js'
export { moveAverage } from './average.js'
export { loadCheckpoint, type Resumed, saveCheckpoint } from './checkpoint.js'
export { batchIndices, type Choose, chooseSteps, chooseTimes, type StepChoice, type TimePer } from './choices.js'
export type { Control, Ending } from './control.js'
export { diffusionCotangent, diffusionLoss, diffusionTarget, type Reduction } from './diffusionLoss.js'
export type {
  CachingEvent,
  ChangeEvent,
  CheckpointEvent,
  CompilingEvent,
  JudgedEvent,
  PauseEvent,
  ProgressEvent,
  ReferencesEvent,
  SamplesEvent,
  StartEvent,
  StepEvent,
  WarningEvent,
} from './events.js'
export { type Condition, createGenerator, type Generator, type Network, type Prediction } from './generator.js'
export { globalNorm, gradientsOf, mapWeights } from './gradients.js'
export { learningRate, type RateSettings } from './learningRate.js'
export { fetchNumbers } from './numbers.js'
export { type PullBackOptions, pullBack, type StepNorm } from './pullBack.js'
export { keyFor } from './random.js'
export { type KeptStep, type Rollout, rollout, tensors } from './rollout.js'
export { run } from './run.js'
export { type Preset, parseSettings, presets, type Settings, type TuneSettings } from './settings.js'
export type { DiscriminatorState, GeneratorState, TuneState } from './state.js'
export type { Batch, Tunable } from './trainer.js'
export { type DoneEvent, type TuneEvent, tunable, tune } from './tune.js'
export { type Stream, uniforms } from './uniforms.js'
