// Networks as pure functions of a weights record that keeps diffusers' and transformers' names, and the folders
// that those libraries save: configuration, safetensors, tokenizer, scheduler. Tensors in memory are torch's, except
// that images are NHWC and convolution kernels HWIO.
export {
  autoencoderParameters,
  decodeLatents,
  encodeImage,
  fromModelLatents,
  initAutoencoder,
  type LatentDistribution,
  toModelLatents,
} from './autoencoderKL.js'
export type { NetworkOptions } from './checkpointed.js'
export {
  type ClipOutput,
  clipImageEmbeds,
  clipModel,
  clipModelParameters,
  clipTextEmbeds,
  initClipModel,
} from './clipModel.js'
export { type ClipTextOutput, clipText, clipTextParameters, initClipText } from './clipText.js'
export { clipTokenizer, clipWordEnd, clipWords } from './clipTokenizer.js'
export { type ClipVisionOutput, clipVision, clipVisionParameters, initClipVision } from './clipVision.js'
export type { ModelConfig } from './config.js'
export { type DenoiserNetwork, denoise } from './denoise.js'
export {
  type DiffusionModel,
  disposeDiffusionModel,
  disposeTextEncoders,
  loadDiffusionModel,
  reloadTextEncoders,
  saveDiffusionModel,
  type TextEncoder,
} from './diffusionModel.js'
export {
  type Dinov2Config,
  type Dinov2Output,
  dinov2,
  dinov2Config,
  dinov2Embeddings,
  dinov2Parameters,
  initDinov2,
} from './dinov2.js'
export { fidInception, fidInceptionParameters, type InceptionOutput, initFidInception } from './fidInception.js'
export { readJson, writeJson } from './files.js'
export { imageSize, latentShape, pullBackToLatents, readyLatents, toImages, toLatents } from './latents.js'
export { initLora, loadLora, saveLora, withLora } from './lora.js'
export { loadModelFolder, type Model, readWeights, saveModelFolder } from './modelFolder.js'
export { parametersOf } from './networks.js'
export { readOpenClipConfig } from './openClip.js'
export { type Init, initWeights, type Parameter, type Parameters } from './parameters.js'
export { encodePrompts, type PromptCondition, withFrames } from './prompts.js'
export {
  type Dtype,
  openSafetensors,
  readSafetensors,
  type SafetensorsFile,
  type StoredTensor,
  type TensorData,
  type TensorToWrite,
  writeSafetensors,
} from './safetensors.js'
export { type SampleOptions, sample } from './sample.js'
export { initSd3Transformer, sd3Transformer, sd3TransformerParameters } from './sd3Transformer.js'
export { initT5Encoder, type T5Output, t5Encoder, t5EncoderParameters } from './t5Encoder.js'
export { loadTokenizer, type Tokenizer } from './tokenizer.js'
export {
  type AddedConditions,
  initUnet2DCondition,
  unet2DCondition,
  unet2DConditionParameters,
} from './unet2DCondition.js'
export { disposeWeights, type Weights } from './weights.js'
