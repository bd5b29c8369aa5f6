// Kernels that tfjs-node has not, and ones that do more than its own: with them nearly all of TF.js's specs pass.
// Each runs TensorFlow operations, so all of them can be recorded by `jit` (strings' order apart).
// They take the places of tfjs-node's kernels of the same name; the gradients TF.js has for these stay.
import { getKernel, type KernelFunc, registerKernel, unregisterKernel } from '@tensorflow/tfjs-core'
import * as einsum from './einsum.js'
import * as elementwise from './elementwise.js'
import { type Kernel, kernelCall } from './execute.js'
import * as gather from './gather.js'
import { gpuKernels } from './gpu.js'
import * as images from './images.js'
import { type KernelFunction, paddingKernels } from './padding.js'
import * as products from './products.js'
import * as ragged from './ragged.js'
import * as random from './random.js'
import * as scatter from './scatter.js'
import * as sparse from './sparse.js'
import * as strings from './strings.js'

const { fusedConv2d, ...imageKernels } = images
const kernels: Record<string, Kernel> = {
  ...einsum,
  ...elementwise,
  ...gather,
  ...imageKernels,
  ...products,
  ...ragged,
  ...random,
  ...scatter,
  ...sparse,
  ...strings,
}

/** Puts the kernels of this folder in place. Call once, after tfjs-node's own are registered: some build on those. */
export function registerOwnKernels(): void {
  const functions: Record<string, KernelFunction> = { ...paddingKernels(), FusedConv2D: fusedConv2d() }
  for (const [name, compute] of Object.entries(kernels)) {
    functions[name] = ({ inputs, attrs, backend }) => compute(kernelCall(inputs, attrs, backend))
  }
  register(functions)
  // Around the ones above, where these are of the same name.
  register(gpuKernels())
}

function register(functions: Record<string, KernelFunction>): void {
  for (const [kernelName, kernelFunc] of Object.entries(functions)) {
    if (getKernel(kernelName, 'tensorflow')) unregisterKernel(kernelName, 'tensorflow')
    registerKernel({ kernelName, backendName: 'tensorflow', kernelFunc: kernelFunc as KernelFunc })
  }
}
