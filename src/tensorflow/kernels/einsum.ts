/** Einsum, with a check that TensorFlow leaves out. */
import type { TensorInfo } from '@tensorflow/tfjs-core'
import { int, kernel, text, type } from './execute.js'

export const Einsum = kernel<TensorInfo[], { equation: string }>(({ inputs, attrs: { equation }, run }) => {
  const tensors = Object.values(inputs)
  const [left = '', right] = equation.replace(/\s/g, '').split('->')
  // TensorFlow gives an axis of length 1 to a label that no input has.
  const unknown = [...(right ?? '')].find(label => label !== '.' && !left.includes(label))
  if (unknown) {
    throw new Error(`Output subscripts contain the label ${unknown} not present in the input subscripts.`)
  }
  const attributes = [int('N', tensors.length), text('equation', equation), type('T', tensors[0]!.dtype)]
  return run('Einsum', attributes, tensors)[0]!
})
