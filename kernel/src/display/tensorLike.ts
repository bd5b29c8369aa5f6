// What makes a tensor of TensorFlow.js, of whichever copy of it.

/** What is used of a tensor; its arithmetic as methods comes with the package @tensorflow/tfjs. */
export interface Tensor {
  readonly shape: number[]
  readonly dtype: string
  readonly isDisposed: boolean
  data(): Promise<ArrayLike<number | string>>
  dispose(): void
  [operation: string]: unknown
}

const BYTES: Record<string, number> = { float32: 4, int32: 4, bool: 1, complex64: 8 }

export function isTensor(value: unknown): value is Tensor {
  if (typeof value !== 'object' || value === null) return false
  const { shape, dtype, data, dispose, isDisposed } = value as Partial<Tensor>
  return (
    Array.isArray(shape) &&
    typeof dtype === 'string' &&
    typeof data === 'function' &&
    typeof dispose === 'function' &&
    typeof isDisposed === 'boolean'
  )
}

export const sizeOf = ({ shape }: Tensor): number => shape.reduce((product, length) => product * length, 1)

/** Bytes on the device; of strings nobody knows. */
export function bytesOf(tensor: Tensor): number | undefined {
  const each = BYTES[tensor.dtype]
  return each === undefined ? undefined : each * sizeOf(tensor)
}
