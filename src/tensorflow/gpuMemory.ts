/** The GPU's memory as CUDA tells it. */
import koffi from 'koffi'
import { context } from './context.js'
import { shared } from './shared.js'

type MemoryInfo = (free: BigUint64Array, total: BigUint64Array) => number

/** cudaMemGetInfo of the CUDA runtime, which is open once TensorFlow has found a GPU; null where there is none. */
function openRuntime(): MemoryInfo | null {
  if (!context().gpu) return null
  for (const name of ['libcudart.so.12', 'libcudart.so.13', 'libcudart.so']) {
    try {
      return koffi
        .load(name, { lazy: true })
        .func('int cudaMemGetInfo(void *free, void *total)') as unknown as MemoryInfo
    } catch {
      // The next name may be there: which one is open depends on how CUDA was installed.
    }
  }
  return null
}

export function gpuMemory(): { used: number; total: number } | undefined {
  const memoryInfo = shared('cudaMemGetInfo', openRuntime)
  const free = new BigUint64Array(1)
  const total = new BigUint64Array(1)
  if (memoryInfo?.(free, total) !== 0) return undefined
  return { used: Number(total[0]! - free[0]!), total: Number(total[0]!) }
}
