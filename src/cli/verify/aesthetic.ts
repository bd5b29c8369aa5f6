import { join } from 'node:path'
import { aestheticScore } from '../../metrics/aesthetic.js'
import type { tf } from '../../tensorflow/index.js'
import { caseArray, readCaseArrays } from './arrays.js'
import type { Comparison } from './compare.js'
import { outputsAndVjps, scoped, toTensor } from './tensors.js'

/** Runs a case of AestheticMLP. */
export async function aesthetic(folder: string): Promise<Map<string, Comparison>> {
  const arrays = await readCaseArrays(join(folder, 'io.safetensors'))
  const parameters = await readCaseArrays(join(folder, 'model.safetensors'))
  return scoped(() => {
    const leaves: Record<string, tf.Tensor> = { 'in.embedding': toTensor(caseArray(arrays, 'in.embedding')) }
    for (const [name, array] of parameters) leaves[`param.${name}`] = toTensor(array)
    return outputsAndVjps(arrays, leaves, ({ 'in.embedding': embedding, ...given }) => {
      const weights = Object.fromEntries(
        Object.entries(given).map(([name, tensor]) => [name.slice('param.'.length), tensor]),
      )
      return aestheticScore(weights, embedding as tf.Tensor2D)
    })
  })
}
