/**
 * The statistics that TensorFlow's CPU allocator keeps: every tensor's memory is counted, those within a compiled call
 * too, which no count of TF.js's tensors sees. TensorFlow's C interface does not give them, so the library's C++ symbols
 * are called by name: the allocator of x86 builds with oneDNN, which pip's are.
 */

import { native } from '../../src/tensorflow/native.js'

export interface AllocatorStatistics {
  /** Bytes handed out now, and at most since the start or `forgetPeak`. */
  read(): { inUse: number; peak: number }
  forgetPeak(): void
}

const allocator = '_ZN10tensorflow15MklCPUAllocator'
/** More than a std::optional<tsl::AllocatorStats>, which begins with four 64-bit counts. */
const statisticsLength = 64

/** @throws Error where TensorFlow was built without oneDNN's allocator */
export function allocatorStatistics(): AllocatorStatistics {
  const { library } = native()
  const functions = () => ({
    find: library.func('void *_ZN3tsl13cpu_allocatorEi(int numaNode)') as unknown as (node: number) => bigint,
    read: library.func(`void ${allocator}8GetStatsEv(void *result, void *allocator)`) as unknown as (
      result: BigInt64Array,
      allocator: bigint,
    ) => void,
    clear: library.func(`void ${allocator}10ClearStatsEv(void *allocator)`) as unknown as (allocator: bigint) => void,
  })
  let found: ReturnType<typeof functions>
  try {
    found = functions()
  } catch (cause) {
    throw new Error(
      'This TensorFlow has no oneDNN allocator to ask; the memory bench needs pip’s build for Linux x86.',
      {
        cause,
      },
    )
  }
  const pointer = found.find(0)
  return {
    read() {
      const statistics = new BigInt64Array(statisticsLength)
      found.read(statistics, pointer)
      const [, inUse, peak] = statistics
      return { inUse: Number(inUse), peak: Number(peak) }
    },
    forgetPeak: () => found.clear(pointer),
  }
}
