/** Computing a thing twice instead of keeping it: what XLA would undo, unless told not to. */
import type { tf } from './backend.js'
import { inXla } from './binding.js'
import { rawOp } from './rawOp.js'

/**
 * The same values, but what is computed from them is computed anew: where XLA compiles, it would otherwise see that it
 * was computed before, and keep the earlier result, however large.
 */
export function anew<T extends tf.Tensor>(x: T): T {
  return inXla() ? (rawOp('XlaOptimizationBarrier', [], [x])[0] as T) : x
}
