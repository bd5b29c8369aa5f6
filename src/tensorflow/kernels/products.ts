/** Matrix products. */
import type { Tensor, TensorInfo } from '@tensorflow/tfjs-core'
import { flag, kernel, type } from './execute.js'

/** Of two matrices TensorFlow has a product of its own, which takes a CPU half the time where they are small. */
export const BatchMatMul = kernel<{ a: TensorInfo; b: TensorInfo }, { transposeA: boolean; transposeB: boolean }>(
  ({ inputs: { a, b }, attrs: { transposeA, transposeB }, run }) => {
    const matrices = a.shape.length === 2 && b.shape.length === 2 && a.dtype === 'float32'
    const [name, left, right] = matrices
      ? ['MatMul', 'transpose_a', 'transpose_b']
      : ['BatchMatMulV2', 'adj_x', 'adj_y']
    const attributes = [type('T', a.dtype), flag(left!, transposeA), flag(right!, transposeB)]
    return run(name!, attributes, [a, b])[0] as Tensor
  },
)
