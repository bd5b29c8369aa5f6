/** What tensors take: as TF.js counts them, as TensorFlow's allocator does, and as the system and CUDA do. */
import { readFileSync } from 'node:fs'
import { type AllocatorStatistics, allocatorStatistics } from './allocator.js'
import { tf } from './backend.js'
import { gpuMemory } from './gpuMemory.js'

export interface Memory {
  /** Tensors alive, and the bytes of their values. Exact: TensorFlow frees a tensor when TF.js disposes of it. */
  tensors: number
  bytes: number
  /** What TensorFlow's allocator has handed out on the device that computes; undefined where it cannot be asked. */
  device: AllocatorStatistics | undefined
  /** Bytes of the whole process in main memory: tensors on the CPU, TensorFlow's work space, JavaScript. */
  process: number
  /** The largest `process` has been since the start, where the system says (Linux). */
  peakProcess: number | undefined
  /** Bytes in use on the GPU by all programs, and its size; undefined without a GPU. */
  gpu: { used: number; total: number } | undefined
}

export function memory(): Memory {
  const { numTensors, numBytes } = tf.memory()
  return {
    tensors: numTensors,
    bytes: numBytes,
    device: allocatorStatistics(),
    process: process.memoryUsage.rss(),
    peakProcess: peakProcess(),
    gpu: gpuMemory(),
  }
}

/** VmHWM, the high-water mark of resident memory. */
function peakProcess(): number | undefined {
  if (process.platform !== 'linux') return undefined
  const kilobytes = readFileSync('/proc/self/status', 'utf8').match(/^VmHWM:\s+(\d+) kB$/m)?.[1]
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1024
}
