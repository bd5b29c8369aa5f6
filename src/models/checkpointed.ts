import { recomputed, type tf } from '../tensorflow/index.js'
import type { Weights } from './weights.js'

/** What a network's caller may ask for beyond its output. */
export interface NetworkOptions {
  /**
   * Keep for the gradient only what goes into each block, and compute what is in it once more: a third more time, and
   * memory for one block instead of all.
   */
  checkpointing?: boolean
}

/**
 * A block of a network, checkpointed where that is asked for.
 *
 * @param name of the block: it is given the weights below this name
 * @param inputs through which a gradient is to flow
 */
export function checkpointed<I extends tf.Tensor[], T extends tf.Tensor>(
  { checkpointing = false }: NetworkOptions,
  weights: Weights,
  name: string,
  inputs: I,
  block: (weights: Weights, ...inputs: I) => T,
): T {
  if (!checkpointing) return block(weights, ...inputs)
  const own = Object.entries(weights).filter(([weight]) => weight.startsWith(`${name}.`))
  return recomputed([...inputs, ...own.map(([, tensor]) => tensor)], tensors => {
    const parameters = tensors.slice(inputs.length)
    const given = tensors.slice(0, inputs.length) as I
    return block(Object.fromEntries(own.map(([weight], i) => [weight, parameters[i]!])), ...given)
  })
}
