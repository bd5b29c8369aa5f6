/** TF.js with TensorFlow underneath: tfjs-node-gpu's kernels on the binding of this folder. */
import { createRequire } from 'node:module'
import * as tf from '@tensorflow/tfjs'
import type { Attribute } from './attributes.js'
import { binding, createEager, currentRecording, isRecorded } from './binding.js'
import { callerLine } from './callerLine.js'
import { registerOwnKernels } from './kernels/index.js'
import type { Recording } from './recording.js'
import type { Values } from './tensors.js'

const require = createRequire(import.meta.url)

/** tfjs-node-gpu calls two helpers that Node 22 warns about and Node 23 dropped: plain ones take their place. */
function replaceUtilities(): void {
  const util: Record<string, unknown> = require('node:util')
  util.isNullOrUndefined = (value: unknown) => value === null || value === undefined
  util.isArray = Array.isArray
}

replaceUtilities()
// By file: the package's own index would load the C++ addon.
const { NodeJSKernelBackend } =
  require('@tensorflow/tfjs-node-gpu/dist/nodejs_kernel_backend.js') as typeof import('@tensorflow/tfjs-node-gpu/dist/nodejs_kernel_backend.js')
require('@tensorflow/tfjs-node-gpu/dist/register_all_kernels.js')
registerOwnKernels()

/** The backend's table entry for a tensor's data. */
export interface TensorData {
  shape: number[]
  dtype: number
  /** Values not handed to TensorFlow yet, or null. */
  values: tf.BackendValues | null
  /** The binding's number, −1 while there are values instead. */
  id: number
  refCount: number
  /** The recording that was on when the values were given. */
  recording?: Recording | undefined
}

/** What tfjs-node-gpu's backend has, with the parts it calls private that are needed here. */
interface KernelBackend extends Omit<tf.KernelBackend, 'tensorMap'> {
  readonly binding: typeof binding
  readonly tensorMap: tf.DataStorage<TensorData>
  getInputTensorIds(tensors: tf.TensorInfo[]): number[]
  createOutputTensor(metadata: { id: number; shape: number[]; dtype: number }): tf.Tensor
  getDTypeInteger(dtype: tf.DataType): number
  executeSingleOutput(name: string, attributes: Attribute[], inputs: tf.TensorInfo[]): tf.Tensor
  executeMultipleOutputs(name: string, attributes: Attribute[], inputs: tf.TensorInfo[], outputs: number): tf.Tensor[]
  move(dataId: object, values: tf.BackendValues, shape: number[], dtype: tf.DataType, refCount: number): void
  disposeData(dataId: object, force?: boolean): boolean
}
const Base = NodeJSKernelBackend as unknown as new (binding: object, packageName: string) => KernelBackend

class Backend extends Base {
  constructor() {
    // Asking for the device here would open TensorFlow at import; the getter below asks at first use.
    super(Object.create(binding, { isUsingGpuDevice: { value: () => false } }), '@tensorflow/tfjs-node-gpu')
    Object.defineProperty(this, 'isUsingGpuDevice', { get: binding.isUsingGpuDevice })
  }

  /** Values are uploaded at their first use. Remember whether a recording was on: only then are they constants of it. */
  override move(dataId: object, values: tf.BackendValues, shape: number[], dtype: tf.DataType, refCount: number): void {
    super.move(dataId, values, shape, dtype, refCount)
    this.tensorMap.get(dataId).recording = currentRecording()
  }

  /** Tensors from outside a recording whose values were never uploaded go to the device, not into the graph. */
  override getInputTensorIds(tensors: tf.TensorInfo[]): number[] {
    if (currentRecording()) {
      for (const tensor of tensors) {
        const data = this.tensorMap.get(tensor.dataId)
        if (data?.values && data.recording !== currentRecording()) this.upload(data)
      }
    }
    return super.getInputTensorIds(tensors)
  }

  /** A recording happens once, so nothing outside it may be changed from within: a later call would not do it again. */
  override disposeData(dataId: object, force?: boolean): boolean {
    const data = currentRecording() && this.tensorMap.has(dataId) ? this.tensorMap.get(dataId) : undefined
    if (data && (force || data.refCount === 1) && !this.isRecorded(data))
      throw new Error(
        `A tensor of shape [${data.shape}] from outside was disposed of, or its variable assigned, while jit was ` +
          `recording${callerLine()}. Return the new value and change it outside.`,
      )
    return super.disposeData(dataId, force)
  }

  /** Whether a tensor's data belongs to the recording that is on. */
  isRecorded(data: TensorData): boolean {
    return data.values ? data.recording === currentRecording() : isRecorded(data.id)
  }

  /** The binding's number of a tensor that has values, uploading them if need be. */
  idOf(tensor: tf.TensorInfo): number {
    const data = this.tensorMap.get(tensor.dataId)
    if (data.values) this.upload(data)
    return data.id
  }

  private upload(data: TensorData): void {
    data.id = createEager(data.shape, data.dtype, data.values as Values)
    data.values = null
  }
}

if (!tf.findBackendFactory('tensorflow')) tf.registerBackend('tensorflow', () => new Backend(), 3)
tf.setBackend('tensorflow')

/**
 * The backend in use.
 * @throws Error when another backend of TF.js has been chosen
 */
export function backend(): Backend {
  const active: unknown = tf.backend()
  if (active instanceof Base) return active as Backend
  throw new Error(`jit and raw operations need the backend 'tensorflow', not '${tf.getBackend()}': call tf.setBackend.`)
}

export { tf }
