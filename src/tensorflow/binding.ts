/**
 * The binding that tfjs-node-gpu's kernels call in place of its C++ addon: tensors by number, operations by name.
 * While a recording is on, operations go into its graph instead of being run; nothing above here can tell.
 */
import type { Attribute } from './attributes.js'
import { callerLine } from './callerLine.js'
import { context } from './context.js'
import * as dtypes from './dtypes.js'
import { execute } from './eager.js'
import { native, type Pointer } from './native.js'
import type { Eager, Recording, Symbolic } from './recording.js'
import { shared } from './shared.js'
import { describeHandle, type Metadata, newHandle, readHandle, type Values } from './tensors.js'
import { uniformValue } from './uniform.js'

type Entry = Eager | Symbolic

interface State {
  /** By tensor number. Numbers are reused, so the table stays as small as the number of live tensors. */
  entries: (Entry | undefined)[]
  free: number[]
  recording: Recording | undefined
}
const state = shared<State>('binding', () => ({ entries: [], free: [], recording: undefined }))
const { entries, free } = state

function register(entry: Entry): number {
  const id = free.pop() ?? entries.length
  entries[id] = entry
  return id
}

function entryOf(id: number): Entry {
  const entry = entries[id]
  if (!entry) throw new Error('A tensor was used after it was disposed of.')
  return entry
}

/** The tensor with values behind a number. */
export function eager(id: number): Eager {
  const entry = entryOf(id)
  if ('recording' in entry)
    throw new Error(
      'A tensor made while jit was recording was kept and used afterwards. Return it from the function instead.',
    )
  return entry
}

/** Whether a number stands for an output of a node of the recording that is on. */
export function isRecorded(id: number): boolean {
  const entry = id >= 0 ? entryOf(id) : undefined
  return entry !== undefined && 'recording' in entry && entry.recording === state.recording
}

export const currentRecording = () => state.recording

/** Whether what is run now is recorded for XLA, which lacks some of TensorFlow's operations and fuses what it has. */
export const inXla = (): boolean => state.recording?.usesXla === true

/** Sends operations to `next`'s graph from here on; undefined: run them again. */
export function record(next: Recording | undefined): void {
  state.recording = next
}

/** The node's output behind a number; a tensor from outside becomes an input or a constant. */
export function symbolic(id: number): Symbolic {
  const entry = entryOf(id)
  if (!('recording' in entry)) return state.recording!.capture(entry)
  if (entry.recording !== state.recording) return eager(id) as never
  return entry
}

export const registerSymbolic = (tensor: Symbolic) => ({
  id: register(tensor),
  shape: tensor.shape,
  dtype: tensor.dtype,
})

/** Gives a handle a number; its shape and data type are asked for unless known. */
export function registerHandle(handle: Pointer, known?: Metadata): Metadata & { id: number } {
  const { shape, dtype } = known ?? describeHandle(handle)
  return { id: register({ handle, shape, dtype }), shape, dtype }
}

/** A tensor on the device, whether or not a recording is on. */
export function createEager(shape: number[], dtype: number, values: Values): number {
  const fill = uniformValue(dtype, values)
  if (fill === undefined) return registerHandle(newHandle(shape, dtype, values), { shape, dtype }).id
  const parts = [newHandle([shape.length], dtypes.TF_INT32, shape), newHandle([], dtype, [fill])]
  try {
    return registerHandle(execute('Fill', [], parts, 1)[0]!, { shape, dtype }).id
  } finally {
    for (const part of parts) native().deleteHandle(part)
  }
}

const noSavedModels = () => {
  throw new Error('SavedModel is not supported here: load weights from safetensors, or run the model in Python.')
}

export const binding = {
  createTensor: (shape: number[], dtype: number, values: Values): number =>
    state.recording ? register(state.recording.constant(shape, dtype, values)) : createEager(shape, dtype, values),

  deleteTensor(id: number): void {
    const entry = entryOf(id)
    if (!('recording' in entry)) {
      native().deleteHandle(entry.handle)
      entry.handle = 0n
    }
    entries[id] = undefined
    free.push(id)
  },

  tensorDataSync(id: number) {
    const entry = entryOf(id)
    if (!('recording' in entry)) return readHandle(entry.handle)
    if (entry.values) return entry.values
    throw new Error(
      `A tensor's values were asked for (dataSync, arraySync, print, …) while jit was recording${callerLine()}. ` +
        'Inside jit a tensor has no values yet: return it and read it outside, or run this part without jit.',
    )
  },

  executeOp(name: string, attributes: Attribute[], inputs: number[], outputs: number) {
    if (state.recording)
      return state.recording.operation(name, attributes, inputs.map(symbolic), outputs).map(registerSymbolic)
    const handles = execute(
      name,
      attributes,
      inputs.map(id => eager(id).handle),
      outputs,
    )
    return handles.map(handle => registerHandle(handle))
  },

  isUsingGpuDevice: () => context().gpu !== undefined,
  getNumOfTensors: () => entries.length - free.length,
  getNumOfSavedModels: () => 0,
  loadSavedModel: noSavedModels,
  deleteSavedModel: noSavedModels,
  runSavedModel: noSavedModels,

  get TF_Version() {
    return native().version()
  },
  ...dtypes,
}
