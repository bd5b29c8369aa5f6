/** How a CPU's cores share the work: all of them at one operation, or each at one of its own. */
import { availableParallelism } from 'node:os'
import koffi from 'koffi'
import { inXla } from './binding.js'
import { context, newContext } from './context.js'
import { native, type Pointer } from './native.js'
import { shared } from './shared.js'

/** More parts than this make functions long, and their work small. */
const most = 4

/** Into how many equal parts a batch is best cut here for a function that runs `across`: 1 on a GPU and in XLA. */
export function cutsBatches(batch: number): number {
  if (context().gpu || inXla()) return 1
  let parts = Math.min(most, availableParallelism(), batch)
  while (batch % parts !== 0) parts--
  return parts
}

/**
 * A second eager context on the CPU, whose operations run side by side on few threads each. Waking another thread at every
 * operation costs more than the small ones take. Handles of tensors in main memory belong to no context, so both take
 * them. TensorFlow shares one pool of threads between all contexts, unless its own tests say otherwise through a
 * variable; where that is not to be found, there is the first context alone.
 */
export const acrossContext = (): Pointer => shared('across', makeContext)

function makeContext(): Pointer {
  const { pointer, gpu } = context()
  if (gpu) return pointer
  let sharesPool: unknown
  try {
    sharesPool = native().library.symbol('_ZN10tensorflow11LocalDevice22use_global_threadpool_E', 'uint8_t')
  } catch {
    return pointer
  }
  const cores = availableParallelism()
  const parts = Math.min(most, cores)
  // ConfigProto: allow_soft_placement (field 7), intra_op_ (2) and inter_op_parallelism_threads (5).
  const config = Uint8Array.from([7 << 3, 1, 2 << 3, Math.floor(cores / parts), 5 << 3, parts])
  koffi.encode(sharesPool, 'uint8_t', 0)
  try {
    return newContext(config)
  } finally {
    koffi.encode(sharesPool, 'uint8_t', 1)
  }
}
