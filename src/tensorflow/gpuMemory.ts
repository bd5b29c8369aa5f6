/** The GPU's memory as CUDA tells it. */
import { cudaRuntime } from './cudaRuntime.js'
import { shared } from './shared.js'

type MemoryInfo = (free: BigUint64Array, total: BigUint64Array) => number

const findMemoryInfo = () =>
  (cudaRuntime()?.func('int cudaMemGetInfo(void *free, void *total)') ?? null) as MemoryInfo | null

export function gpuMemory(): { used: number; total: number } | undefined {
  const memoryInfo = shared('cudaMemGetInfo', findMemoryInfo)
  const free = new BigUint64Array(1)
  const total = new BigUint64Array(1)
  if (memoryInfo?.(free, total) !== 0) return undefined
  return { used: Number(total[0]! - free[0]!), total: Number(total[0]!) }
}
