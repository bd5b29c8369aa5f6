/** Large tensors with all elements equal are filled on the device instead of being copied to it. */
import { TF_BOOL, TF_FLOAT, TF_INT32 } from './dtypes.js'
import type { Values } from './tensors.js'

const worthFilling = 1024

/** The one value of a large uniform array, or undefined. Stops at the first element that differs. */
export function uniformValue(dtype: number, values: Values): number | undefined {
  if (values.length < worthFilling || (dtype !== TF_FLOAT && dtype !== TF_INT32 && dtype !== TF_BOOL)) return undefined
  const numbers = values as ArrayLike<number>
  const first = numbers[0]!
  // Not equal to itself: NaN, which is never found uniform here. Minus zero is not zero.
  for (let i = 0; i < numbers.length; i++) if (!Object.is(numbers[i], first)) return undefined
  return first
}
