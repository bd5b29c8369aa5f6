/** Large tensors with all elements equal are filled on the device instead of being copied to it. */
import { TF_BOOL, TF_FLOAT, TF_INT32 } from './dtypes.js'
import type { Values } from './tensors.js'

const worthFilling = 1024

/** The one value of a large uniform array, or undefined. Stops at the first element that differs. */
export function uniformValue(dtype: number, values: Values): number | undefined {
  if (values.length < worthFilling || (dtype !== TF_FLOAT && dtype !== TF_INT32 && dtype !== TF_BOOL)) return undefined
  if (!ArrayBuffer.isView(values)) return undefined
  // All elements are equal when the bytes equal themselves one element further on.
  const bytes = Buffer.from(values.buffer, values.byteOffset, values.byteLength)
  const width = values.byteLength / values.length
  const same = bytes.subarray(0, -width).equals(bytes.subarray(width))
  return same ? (values as ArrayLike<number>)[0] : undefined
}
