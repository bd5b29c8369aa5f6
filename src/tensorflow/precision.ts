/** Numbers of fewer bits where it pays: which operations of a recording read bfloat16, and the switch for TF32. */
import { native } from './native.js'
import { shared } from './shared.js'

/** What the products of a recording read: float32 as it is, or rounded to bfloat16. Sums are in float32 either way. */
export type Precision = 'float32' | 'bfloat16'

/** Matrix products and convolutions, forward and backward: where the time goes, and what tensor cores speed up. */
export const products: ReadonlySet<string> = new Set([
  'BatchMatMulV2',
  'BatchMatMulV3',
  'Conv2D',
  'Conv2DBackpropFilter',
  'Conv2DBackpropInput',
  'Conv3D',
  'Conv3DBackpropFilterV2',
  'Conv3DBackpropInputV2',
  'DepthwiseConv2dNative',
  'DepthwiseConv2dNativeBackpropFilter',
  'DepthwiseConv2dNativeBackpropInput',
  'Einsum',
  'MatMul',
])

// TensorFlow's C interface has no function for it: these are the C++ ones that Python's
// tf.config.experimental.enable_tensor_float_32_execution calls.
const tensorFloat32 = () =>
  shared('tensorFloat32', () => {
    const { library } = native()
    return {
      enable: library.func('void _ZN3tsl32enable_tensor_float_32_executionEb(bool enabled)') as unknown as (
        on: boolean,
      ) => void,
      enabled: library.func('bool _ZN3tsl33tensor_float_32_execution_enabledEv()') as unknown as () => boolean,
    }
  })

/**
 * Whether float32 products may round what they read to TF32, ten bits after the point, on GPUs that have it (Ampere and
 * later). On at the start, as in TensorFlow. XLA asks when it compiles: a jitted function keeps what was set then.
 */
export const useTensorFloat32 = (on: boolean): void => tensorFloat32().enable(on)

export const usesTensorFloat32 = (): boolean => tensorFloat32().enabled()
