/** The CUDA runtime, which is open once TensorFlow has found a GPU. */
import koffi from 'koffi'
import { context } from './context.js'
import { shared } from './shared.js'

/** Its library; null where there is no GPU. */
export const cudaRuntime = () => shared('cudaRuntime', open)

function open() {
  if (!context().gpu) return null
  for (const name of ['libcudart.so.12', 'libcudart.so.13', 'libcudart.so']) {
    try {
      return koffi.load(name, { lazy: true })
    } catch {
      // The next name may be there: which one is open depends on how CUDA was installed.
    }
  }
  return null
}

const MAJOR = 75
const MINOR = 76

/** NVIDIA's compute capability of the GPU, such as 9 for Hopper or 8.6; 0 without a GPU. */
export const computeCapability = (): number =>
  shared('computeCapability', () => {
    const attribute = cudaRuntime()?.func('int cudaDeviceGetAttribute(void *value, int attribute, int device)')
    const [major, minor] = [MAJOR, MINOR].map(name => {
      const value = new Int32Array(1)
      return attribute?.(value, name, 0) === 0 ? value[0]! : 0
    })
    return major! + minor! / 10
  })
