/** Broadcasting on the device, and its transpose: summing back what was broadcast. */
import { tf } from './backend.js'
import { rawOp } from './rawOp.js'

/** The tensor repeated to `shape` by NumPy's rules, with a gradient. One operation, where `tf.broadcastTo` tiles. */
export function broadcast<T extends tf.Tensor>(tensor: T, shape: number[]): T {
  const spread = tf.customGrad(x => ({
    value: tf.tidy(() => rawOp('BroadcastTo', [], [x as tf.Tensor, tf.tensor1d(shape, 'int32')])[0]!),
    gradFunc: dy => sumTo(dy, (x as tf.Tensor).shape),
  }))
  return spread(tensor) as T
}

/** Sums over the axes along which a tensor of `shape` was broadcast. The transpose of `broadcast`. */
export function sumTo<T extends tf.Tensor>(tensor: T, shape: number[]): T {
  const axes = tf.broadcast_util.getReductionAxes(shape, tensor.shape)
  return (axes.length > 0 ? tensor.sum(axes) : tensor).reshape(shape)
}
