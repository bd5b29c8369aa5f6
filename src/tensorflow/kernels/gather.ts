/** Gathering without tfjs-node's look at every index: that look waits for the device, and while recording there is none. */
import { backend_util, scalar, type Tensor, type TensorInfo, tidy } from '@tensorflow/tfjs-core'
import { int, kernel, type } from './execute.js'

/** An index out of range is TensorFlow's own error on a CPU; on a GPU its row is zeros. */
export const GatherV2 = kernel<{ x: TensorInfo; indices: TensorInfo }, { axis: number; batchDims: number }>(
  ({ inputs: { x, indices }, attrs: { axis, batchDims }, run }) =>
    tidy(() => {
      backend_util.segment_util.collectGatherOpShapeInfo(x, indices, axis, batchDims)
      const attributes = [
        int('batch_dims', batchDims),
        type('Tparams', x.dtype),
        type('Tindices', indices.dtype),
        type('Taxis', 'int32'),
      ]
      try {
        return run('GatherV2', attributes, [x, indices, scalar(axis, 'int32')])[0] as Tensor
      } catch (error) {
        throw inTfjsWords(error as Error)
      }
    }),
)

/** TF.js's own message for an index out of range. */
function inTfjsWords(error: Error): Error {
  const [, index, size] = /= (-?\d+) is not in \[0, (\d+)\)/.exec(error.message) ?? []
  if (!size) return error
  return new Error(`GatherV2: the index value ${index} is not in [0, ${Number(size) - 1}]`, { cause: error })
}
