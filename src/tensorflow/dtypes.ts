/** TensorFlow's numbers for data types and attribute kinds, and the JavaScript arrays that hold them. */

export const TF_FLOAT = 1
export const TF_DOUBLE = 2
export const TF_INT32 = 3
export const TF_UINT8 = 4
export const TF_STRING = 7
export const TF_COMPLEX64 = 8
export const TF_INT64 = 9
export const TF_BOOL = 10
export const TF_BFLOAT16 = 14
export const TF_HALF = 19
export const TF_RESOURCE = 20

export const TF_ATTR_STRING = 0
export const TF_ATTR_INT = 1
export const TF_ATTR_FLOAT = 2
export const TF_ATTR_BOOL = 3
export const TF_ATTR_TYPE = 4
export const TF_ATTR_SHAPE = 5
export const TF_ATTR_RESOURCE = 6

export type Numbers = Float32Array | Float64Array | Int32Array | Uint8Array | Uint16Array | BigInt64Array

/** Which array holds a data type, and how many of its elements make one of TensorFlow's. */
const arrays: Record<number, { make: (size: number) => Numbers; bytes: number; perElement: number } | undefined> = {
  [TF_FLOAT]: { make: n => new Float32Array(n), bytes: 4, perElement: 1 },
  [TF_DOUBLE]: { make: n => new Float64Array(n), bytes: 8, perElement: 1 },
  [TF_INT32]: { make: n => new Int32Array(n), bytes: 4, perElement: 1 },
  [TF_UINT8]: { make: n => new Uint8Array(n), bytes: 1, perElement: 1 },
  [TF_BOOL]: { make: n => new Uint8Array(n), bytes: 1, perElement: 1 },
  [TF_COMPLEX64]: { make: n => new Float32Array(n), bytes: 8, perElement: 2 },
  [TF_INT64]: { make: n => new BigInt64Array(n), bytes: 8, perElement: 1 },
  [TF_BFLOAT16]: { make: n => new Uint16Array(n), bytes: 2, perElement: 1 },
  [TF_HALF]: { make: n => new Uint16Array(n), bytes: 2, perElement: 1 },
}

function layout(dtype: number) {
  const found = arrays[dtype]
  if (!found) throw new Error(`TensorFlow's data type ${dtype} has no JavaScript array. Cast it to float32 first.`)
  return found
}

/** Bytes of `size` elements of a data type with a fixed width. */
export const byteLength = (dtype: number, size: number) => layout(dtype).bytes * size

/** An array for `size` elements. Complex numbers interleave real and imaginary parts. */
export const makeArray = (dtype: number, size: number) => layout(dtype).make(size * layout(dtype).perElement)

/** The values as the bytes TensorFlow expects: the same array when it fits, else converted element by element. */
export function toBytes(dtype: number, size: number, values: ArrayLike<number> & { byteLength?: number }): Numbers {
  const bytes = byteLength(dtype, size)
  // int64 comes as pairs of int32, bool as bytes: what counts is that the width is right and the kind agrees.
  const kindAgrees = dtype === TF_INT64 || values.constructor === makeArray(dtype, 0).constructor
  if (ArrayBuffer.isView(values) && values.byteLength === bytes && kindAgrees) return values as unknown as Numbers
  const converted = makeArray(dtype, size)
  if (converted instanceof BigInt64Array) throw new Error('An int64 tensor wants its values as pairs of int32.')
  if (values.length !== converted.length)
    throw new Error(`A tensor of ${size} elements was given ${values.length} values.`)
  converted.set(values)
  return converted
}
