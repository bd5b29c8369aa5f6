/** Ragged tensors: rows of different lengths, kept as values and row splits. */
import type { TensorInfo } from '@tensorflow/tfjs-core'
import { int, kernel, text, type } from './execute.js'

export const RaggedRange = kernel<{ starts: TensorInfo; limits: TensorInfo; deltas: TensorInfo }>(
  ({ inputs: { starts, limits, deltas }, run }) =>
    run('RaggedRange', [type('T', starts.dtype), type('Tsplits', 'int32')], [starts, limits, deltas], 2),
)

export const RaggedGather = kernel<
  { paramsNestedSplits: TensorInfo[]; paramsDenseValues: TensorInfo; indices: TensorInfo },
  { outputRaggedRank: number }
>(({ inputs: { paramsNestedSplits, paramsDenseValues, indices }, attrs: { outputRaggedRank }, run }) => {
  // TensorFlow wants as many levels out as indexing gives; TF.js passes what its caller thought.
  const levels = paramsNestedSplits.length + indices.shape.length - 1
  const attributes = [
    type('Tvalues', paramsDenseValues.dtype),
    type('Tindices', 'int32'),
    type('Tsplits', 'int32'),
    int('PARAMS_RAGGED_RANK', paramsNestedSplits.length),
    int('OUTPUT_RAGGED_RANK', outputRaggedRank),
  ]
  return run('RaggedGather', attributes, [...paramsNestedSplits, paramsDenseValues, indices], levels + 1)
})

export const RaggedTensorToTensor = kernel<
  { shape: TensorInfo; values: TensorInfo; defaultValue: TensorInfo; rowPartitionTensors: TensorInfo[] },
  { rowPartitionTypes: string[] }
>(({ inputs: { shape, values, defaultValue, rowPartitionTensors }, attrs: { rowPartitionTypes }, run }) => {
  const attributes = [
    type('T', values.dtype),
    type('Tindex', 'int32'),
    type('Tshape', shape.dtype),
    int('num_row_partition_tensors', rowPartitionTensors.length),
    text('row_partition_types', rowPartitionTypes),
  ]
  return run('RaggedTensorToTensor', attributes, [shape, values, defaultValue, ...rowPartitionTensors])[0]!
})
