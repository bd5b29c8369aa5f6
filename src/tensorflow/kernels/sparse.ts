/** Sparse tensors, segments, counts and sorted search: operations that tfjs-node leaves out and TensorFlow has. */
import { cast, scalar, type Tensor, type TensorInfo, tidy } from '@tensorflow/tfjs-core'
import { flag, kernel, type } from './execute.js'

export const SparseReshape = kernel<{ inputIndices: TensorInfo; inputShape: TensorInfo; newShape: TensorInfo }>(
  ({ inputs: { inputIndices, inputShape, newShape }, runWide }) =>
    runWide('SparseReshape', [], [inputIndices, inputShape, newShape], 2, [0, 1, 2]),
)

export const SparseFillEmptyRows = kernel<{
  indices: TensorInfo
  values: TensorInfo
  denseShape: TensorInfo
  defaultValue: TensorInfo
}>(({ inputs: { indices, values, denseShape, defaultValue }, runWide }) =>
  runWide('SparseFillEmptyRows', [type('T', values.dtype)], [indices, values, denseShape, defaultValue], 4, [0, 2]),
)

const segmentReduction = (name: 'SparseSegmentMean' | 'SparseSegmentSum') =>
  kernel<{ data: TensorInfo; indices: TensorInfo; segmentIds: TensorInfo }>(
    ({ inputs: { data, indices, segmentIds }, run }) =>
      tidy(() => {
        // TensorFlow means only floats.
        const rows = cast(data as Tensor, 'float32')
        const attributes = [type('T', 'float32'), type('Tidx', 'int32'), type('Tsegmentids', 'int32')]
        return cast(run(name, attributes, [rows, indices, segmentIds])[0] as Tensor, data.dtype)
      }),
  )
export const SparseSegmentMean = segmentReduction('SparseSegmentMean')
export const SparseSegmentSum = segmentReduction('SparseSegmentSum')

export const DenseBincount = kernel<{ x: TensorInfo; weights: TensorInfo }, { size: number; binaryOutput: boolean }>(
  ({ inputs: { x, weights }, attrs: { size, binaryOutput }, run }) =>
    tidy(() => {
      const attributes = [type('Tidx', 'int32'), type('T', weights.dtype), flag('binary_output', binaryOutput)]
      return run('DenseBincount', attributes, [x, scalar(size, 'int32'), weights])[0] as Tensor
    }),
)

export const SearchSorted = kernel<{ sortedSequence: TensorInfo; values: TensorInfo }, { side: 'left' | 'right' }>(
  ({ inputs: { sortedSequence, values }, attrs: { side }, run }) =>
    run(
      side === 'left' ? 'LowerBound' : 'UpperBound',
      [type('T', sortedSequence.dtype), type('out_type', 'int32')],
      [sortedSequence, values],
    )[0]!,
)
