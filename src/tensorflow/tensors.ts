/** Values into TensorFlow's tensors and back. */

import { context } from './context.js'
import { byteLength, makeArray, type Numbers, TF_INT32, TF_RESOURCE, TF_STRING, toBytes } from './dtypes.js'
import { checkRun } from './failures.js'
import { check, native, type Pointer, theStatus } from './native.js'

/** What TF.js hands over: a typed array, plain numbers, or for strings their encoded bytes. */
export type Values = ArrayLike<number> | readonly (string | Uint8Array)[]

const sizeOf = (shape: readonly number[]) => shape.reduce((product, n) => product * n, 1)
const tstringBytes = 24

/** A TF_Tensor on the host. The caller deletes it. */
export function hostTensor(shape: readonly number[], dtype: number, values: Values): Pointer {
  const size = sizeOf(shape)
  const dims = shape.length > 0 ? BigInt64Array.from(shape, BigInt) : null
  const tensorflow = native()
  if (dtype === TF_STRING) {
    const tensor = tensorflow.allocateTensor(dtype, dims, shape.length, size * tstringBytes)
    writeStrings(tensorflow.tensorData(tensor), values as readonly (string | Uint8Array)[])
    return tensor
  }
  const bytes = byteLength(dtype, size)
  const data = toBytes(dtype, size, values as ArrayLike<number>)
  const tensor = tensorflow.allocateTensor(dtype, dims, shape.length, bytes)
  if (!tensor) throw new Error(`No memory for a tensor of shape [${shape}] (${bytes} bytes).`)
  if (bytes > 0) tensorflow.memcpyIn(tensorflow.tensorData(tensor), data, bytes)
  return tensor
}

function writeStrings(start: Pointer, values: readonly (string | Uint8Array)[]): void {
  const tensorflow = native()
  values.forEach((value, i) => {
    const address = start + BigInt(i * tstringBytes)
    const bytes = typeof value === 'string' ? new TextEncoder().encode(value) : value
    tensorflow.stringInit(address)
    tensorflow.stringCopy(address, bytes.length > 0 ? bytes : null, bytes.length)
  })
}

/**
 * An eager handle holding the values, on the GPU when there is one. Integers and strings stay on the host: there
 * they are shapes, axes and indices, and the kernels that read them want them in host memory.
 */
export function newHandle(shape: readonly number[], dtype: number, values: Values): Pointer {
  const tensorflow = native()
  const { gpu, pointer } = context()
  const tensor = hostTensor(shape, dtype, values)
  const handle = tensorflow.newHandle(tensor, theStatus())
  tensorflow.deleteTensor(tensor)
  check('Making a tensor')
  if (!gpu || dtype === TF_INT32 || dtype === TF_STRING) return handle
  const onDevice = tensorflow.copyToDevice(handle, pointer, gpu, theStatus())
  tensorflow.deleteHandle(handle)
  checkRun(`Copying a tensor of shape [${shape}] to the GPU`)
  return onDevice
}

/** The values of an eager handle: a typed array, or for strings an array of their bytes. Waits for the device. */
export function readHandle(handle: Pointer): Numbers | Uint8Array[] {
  const tensorflow = native()
  const tensor = tensorflow.resolveHandle(handle, theStatus())
  check('Reading a tensor')
  try {
    const dtype = tensorflow.tensorType(tensor)
    const size = tensorflow.tensorElementCount(tensor)
    const data = tensorflow.tensorData(tensor)
    if (dtype === TF_STRING) return readStrings(data, size)
    if (dtype === TF_RESOURCE) throw new Error('A resource has no values to read.')
    const values = makeArray(dtype, size)
    if (size > 0) tensorflow.memcpyOut(values, data, values.byteLength)
    return values
  } finally {
    tensorflow.deleteTensor(tensor)
  }
}

function readStrings(start: Pointer, size: number): Uint8Array[] {
  const tensorflow = native()
  return Array.from({ length: size }, (_, i) => {
    const address = start + BigInt(i * tstringBytes)
    const bytes = new Uint8Array(tensorflow.stringSize(address))
    if (bytes.length > 0) tensorflow.memcpyOut(bytes, tensorflow.stringData(address), bytes.length)
    return bytes
  })
}

export interface Metadata {
  shape: number[]
  dtype: number
}

/** Shape and data type of an eager handle. */
export function describeHandle(handle: Pointer): Metadata {
  const tensorflow = native()
  const status = theStatus()
  const rank = tensorflow.handleRank(handle, status)
  check('Reading a shape')
  const shape = new Array<number>(rank)
  for (let i = 0; i < rank; i++) shape[i] = Number(tensorflow.handleDim(handle, i, status))
  return { shape, dtype: tensorflow.handleType(handle) }
}
