/** Scattering with a list of row numbers, which TF.js allows and TensorFlow wants as a column. */
import { reshape, type Tensor, type TensorInfo, tensor1d, tidy } from '@tensorflow/tfjs-core'
import { kernel, type } from './execute.js'

export const ScatterNd = kernel<{ indices: TensorInfo; updates: TensorInfo }, { shape: number[] }>(
  ({ inputs: { indices, updates }, attrs: { shape }, run }) =>
    tidy(() => {
      const rows = indices as Tensor
      const column = rows.shape.length === 1 ? reshape(rows, [rows.size, 1]) : rows
      const attributes = [type('T', updates.dtype), type('Tindices', 'int32')]
      return run('ScatterNd', attributes, [column, updates, tensor1d(shape, 'int32')])[0] as Tensor
    }),
)
