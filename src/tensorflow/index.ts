// TensorFlow from TypeScript: the C library opened through koffi, and TF.js running on it.
// `tf` is TF.js as its users know it. `jit` records a function of tensors and runs it as one TensorFlow call.
// Nothing here opens the library before the first operation.
import { registerOwnGradients } from './gradients.js'

registerOwnGradients()

export { type AllocatorStatistics, forgetPeak } from './allocator.js'
export type { Attribute } from './attributes.js'
export { tf } from './backend.js'
export { inXla } from './binding.js'
export { broadcast, sumTo } from './broadcast.js'
export { cellSignal, wholeStep } from './cell.js'
export { type Device, devices } from './context.js'
export { cudnnAttention, cudnnNumbers, type HalfType } from './cudnnAttention.js'
export * as dtypes from './dtypes.js'
export { type JitOptions, type Jitted, jit, usesXla } from './jit.js'
export { type Memory, memory } from './memory.js'
export { cutsBatches } from './parallel.js'
export { type Precision, usesTensorFloat32, useTensorFloat32 } from './precision.js'
export { randomKey, randomNormal, randomUniform } from './random.js'
export { rawOp } from './rawOp.js'
export { anew, recomputed } from './recompute.js'
export { mapTensors } from './structure.js'
