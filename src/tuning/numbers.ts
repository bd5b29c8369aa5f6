/** Brings an iteration's numbers from the device in one transfer. */

import { tf } from '../tensorflow/index.js'

/**
 * The values of some tensors by name, each flat.
 * The tensors are freed.
 */
export async function fetchNumbers(tensors: Record<string, tf.Tensor>): Promise<Record<string, number[]>> {
  const entries = Object.entries(tensors)
  const packed = tf.tidy(() => tf.concat(entries.map(([, tensor]) => tf.reshape(tensor, [-1]))))
  tf.dispose(tensors)
  const values = await packed.data()
  packed.dispose()
  const numbers: Record<string, number[]> = {}
  let at = 0
  for (const [name, { size }] of entries) {
    numbers[name] = Array.from(values.slice(at, at + size))
    at += size
  }
  return numbers
}
