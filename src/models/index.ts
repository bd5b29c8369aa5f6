// Networks as pure functions of a weights record that keeps diffusers' and transformers' names, and the folders
// that those libraries save: configuration, safetensors, tokenizer, scheduler. Tensors in memory are torch's, except
// that images are NHWC and convolution kernels HWIO.
export { readJson, writeJson } from './files.js'
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
