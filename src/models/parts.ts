import { cutsBatches, mapTensors, tf } from '../tensorflow/index.js'

/**
 * A network's output at x, on a CPU part by part of the batch, for a function that is jitted with `parallel: 'across'`:
 * the parts depend on each other nowhere, so each core has a network of its own to work on, and none waits for another
 * after every operation. Elsewhere in one piece.
 *
 * @param x [B, …]
 * @param condition tensors, alone or in lists and records, of B rows or several times B: see `unet2DCondition`
 * @returns what `network` gives, as many rows as the condition has
 */
export function inParts<C>(
  x: tf.Tensor4D,
  condition: C,
  network: (x: tf.Tensor4D, condition: C) => tf.Tensor4D,
): tf.Tensor4D {
  const batch = x.shape[0]
  const parts = cutsBatches(batch)
  if (parts === 1) return network(x, condition)
  const rows = batch / parts
  /** The rows of a part, of every time that the batch is repeated. */
  const part = (tensor: tf.Tensor, index: number) => {
    const { shape, size } = tensor
    const times = shape[0]! / batch
    const length = size / times / parts
    const cut = tf.slice(tf.reshape(tensor, [times, parts, length]), [0, index, 0], [times, 1, length])
    return tf.reshape(cut, [times * rows, ...shape.slice(1)])
  }
  const outputs = Array.from({ length: parts }, (_, i) =>
    network(part(x, i) as tf.Tensor4D, mapTensors(condition, tensor => part(tensor, i)) as C),
  )
  const [all, ...image] = outputs[0]!.shape
  const times = all / rows
  const apart = outputs.map(output => tf.reshape(output, [times, 1, output.size / times]))
  return tf.reshape(tf.concat(apart, 1), [times * batch, ...image]) as tf.Tensor4D
}
