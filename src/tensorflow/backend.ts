/** TF.js with TensorFlow underneath: tfjs-node-gpu's kernels on the binding of this folder. */
import { createRequire } from 'node:module'
import * as tf from '@tensorflow/tfjs'
import type { TFJSBinding } from '@tensorflow/tfjs-node-gpu/dist/tfjs_binding.js'
import { binding } from './binding.js'

const require = createRequire(import.meta.url)

/** Node 23 dropped two helpers that tfjs-node-gpu calls; they must be back before it is loaded. */
function restoreUtilities(): void {
  const util: Record<string, unknown> = require('node:util')
  util.isNullOrUndefined ??= (value: unknown) => value === null || value === undefined
  util.isArray ??= Array.isArray
}

restoreUtilities()
// By file: the package's own index would load the C++ addon.
const { NodeJSKernelBackend: KernelBackend } =
  require('@tensorflow/tfjs-node-gpu/dist/nodejs_kernel_backend.js') as typeof import('@tensorflow/tfjs-node-gpu/dist/nodejs_kernel_backend.js')
require('@tensorflow/tfjs-node-gpu/dist/register_all_kernels.js')

/** The backend keeps its table of tensors to itself; a few things here need it. */
export interface TensorInfo {
  shape: number[]
  dtype: number
  /** Values not handed to TensorFlow yet, or null. */
  values: tf.BackendValues | null
  /** The binding's number, −1 while there are values instead. */
  id: number
  refCount: number
}

class Backend extends KernelBackend {
  constructor() {
    // Asking for the device here would open TensorFlow at import; the getter below asks at first use.
    super({ ...binding, isUsingGpuDevice: () => false } as unknown as TFJSBinding, '@tensorflow/tfjs-node-gpu')
    Object.defineProperty(this, 'isUsingGpuDevice', { get: binding.isUsingGpuDevice })
  }
}

tf.registerBackend('tensorflow', () => new Backend(), 3)
tf.setBackend('tensorflow')

/** The one backend object. */
export const backend = tf.backend() as Backend
export { tf }
