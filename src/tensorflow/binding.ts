/**
 * The binding that tfjs-node-gpu's kernels call, in place of its C++ addon: tensors by number, operations by name.
 */
import type { TensorMetadata, TFJSBinding } from '@tensorflow/tfjs-node-gpu/dist/tfjs_binding.js'
import type { Attribute } from './attributes.js'
import { context } from './context.js'
import * as dtypes from './dtypes.js'
import { execute } from './eager.js'
import { native, type Pointer } from './native.js'
import { describeHandle, newHandle, readHandle, type Values } from './tensors.js'

/** Tensor numbers, reused after deletion so that the table stays as small as the number of live tensors. */
const handles: (Pointer | undefined)[] = []
const free: number[] = []

function register(handle: Pointer): number {
  const id = free.pop() ?? handles.length
  handles[id] = handle
  return id
}

/** The eager handle behind a tensor's number. */
export function handleOf(id: number): Pointer {
  const handle = handles[id]
  if (handle === undefined) throw new Error(`Tensor ${id} has been disposed.`)
  return handle
}

const metadata = (handle: Pointer): TensorMetadata => ({ id: register(handle), ...describeHandle(handle) })

const noSavedModels = () => {
  throw new Error('SavedModel is not supported here: load weights from safetensors, or run the model in Python.')
}

export const binding = {
  createTensor: (shape: number[], dtype: number, values: Values) => register(newHandle(shape, dtype, values)),

  deleteTensor(id: number): void {
    native().deleteHandle(handleOf(id))
    handles[id] = undefined
    free.push(id)
  },

  tensorDataSync: (id: number) => readHandle(handleOf(id)),

  executeOp: (name: string, attributes: Attribute[], inputs: number[], outputs: number): TensorMetadata[] =>
    execute(name, attributes, inputs.map(handleOf), outputs).map(metadata),

  isUsingGpuDevice: () => context().gpu !== undefined,
  getNumOfTensors: () => handles.length - free.length,
  getNumOfSavedModels: () => 0,
  loadSavedModel: noSavedModels,
  deleteSavedModel: noSavedModels,
  runSavedModel: noSavedModels,

  get TF_Version() {
    return native().version()
  },
  ...dtypes,
}

export type Binding = typeof binding & Pick<TFJSBinding, 'TF_FLOAT'>
