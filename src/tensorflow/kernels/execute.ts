/** What every kernel here needs: an operation run by name, attributes written short, and a table to register. */
import type { DataType, KernelBackend, NamedAttrMap, NamedTensorInfoMap, TensorInfo } from '@tensorflow/tfjs-core'
import { type Attribute, castAttributes } from '../attributes.js'
import * as dtypes from '../dtypes.js'

const dtypeNumbers: Record<DataType | 'int64', number> = {
  float32: dtypes.TF_FLOAT,
  int32: dtypes.TF_INT32,
  bool: dtypes.TF_BOOL,
  complex64: dtypes.TF_COMPLEX64,
  string: dtypes.TF_STRING,
  int64: dtypes.TF_INT64,
}

export const type = (name: string, dtype: DataType | 'int64'): Attribute => ({
  name,
  type: dtypes.TF_ATTR_TYPE,
  value: dtypeNumbers[dtype],
})
export const int = (name: string, value: number | number[]): Attribute => ({ name, type: dtypes.TF_ATTR_INT, value })
export const number = (name: string, value: number): Attribute => ({ name, type: dtypes.TF_ATTR_FLOAT, value })
export const text = (name: string, value: string | string[]): Attribute => ({
  name,
  type: dtypes.TF_ATTR_STRING,
  value,
})
export const flag = (name: string, value: boolean): Attribute => ({ name, type: dtypes.TF_ATTR_BOOL, value })

/** What of tfjs-node's backend is used here. */
interface Backend {
  binding: {
    executeOp(name: string, attributes: Attribute[], inputs: number[], outputs: number): Output[]
    deleteTensor(id: number): void
  }
  executeMultipleOutputs(name: string, attributes: Attribute[], inputs: TensorInfo[], outputs: number): TensorInfo[]
  getInputTensorIds(tensors: TensorInfo[]): number[]
  createOutputTensor(output: Output): TensorInfo
}

interface Output {
  id: number
  shape: number[]
  dtype: number
}

export interface KernelCall<I, A> {
  inputs: I
  attrs: A
  /** Runs a TensorFlow operation. */
  run: (name: string, attributes: Attribute[], inputs: TensorInfo[], outputs?: number) => TensorInfo[]
  /**
   * Runs an operation that wants int64 where TF.js has only int32: widens the inputs at the given places, and narrows
   * what comes out.
   */
  runWide: (
    name: string,
    attributes: Attribute[],
    inputs: TensorInfo[],
    outputs: number,
    wide: number[],
  ) => TensorInfo[]
}

/** The shape of a kernel in this folder: named inputs and attributes in, tensors out. */
export type Kernel = (call: KernelCall<NamedTensorInfoMap, NamedAttrMap>) => TensorInfo | TensorInfo[]

/** Writes a kernel down with the types of its own inputs and attributes. */
export const kernel = <I extends object, A extends object = object>(
  compute: (call: KernelCall<I, A>) => TensorInfo | TensorInfo[],
): Kernel => compute as unknown as Kernel

/** The call that a kernel gets, for one run of it on the backend. */
export function kernelCall(
  inputs: NamedTensorInfoMap,
  attrs: NamedAttrMap,
  anyBackend: KernelBackend,
): KernelCall<NamedTensorInfoMap, NamedAttrMap> {
  const backend = anyBackend as unknown as Backend
  const run = (name: string, attributes: Attribute[], tensors: TensorInfo[], outputs = 1) =>
    inItsOwnWords(name, () => backend.executeMultipleOutputs(name, attributes, tensors, outputs))
  return {
    inputs,
    attrs,
    run,
    runWide(name, attributes, tensors, outputs, wide) {
      const { binding } = backend
      const cast = (id: number, from: number, to: number) => {
        return binding.executeOp('Cast', castAttributes(from, to), [id], 1)[0]!
      }
      const ids = backend.getInputTensorIds(tensors)
      const widened = wide.map(at => {
        ids[at] = cast(ids[at]!, dtypes.TF_INT32, dtypes.TF_INT64).id
        return ids[at]
      })
      try {
        return inItsOwnWords(name, () => binding.executeOp(name, attributes, ids, outputs)).map(output => {
          if (output.dtype !== dtypes.TF_INT64) return backend.createOutputTensor(output)
          const narrow = cast(output.id, dtypes.TF_INT64, dtypes.TF_INT32)
          binding.deleteTensor(output.id)
          return backend.createOutputTensor(narrow)
        })
      } finally {
        for (const id of widened) binding.deleteTensor(id)
      }
    },
  }
}

/** TF.js promises its users TensorFlow's messages; elsewhere ours begin with the operation's name. */
function inItsOwnWords<T>(name: string, execute: () => T): T {
  try {
    return execute()
  } catch (error) {
    if (error instanceof Error) error.message = error.message.replace(`${name}: `, '')
    throw error
  }
}
