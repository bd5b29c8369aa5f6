/** Any TensorFlow operation by its name, for what TF.js has no function for. */
import type { Attribute } from './attributes.js'
import { backend, tf } from './backend.js'

/**
 * Runs a TensorFlow operation, or records it inside `jit`.
 * @param name as in TensorFlow's list of raw operations, such as `ResizeArea`
 * @param attributes name, kind (a TF_ATTR_ number) and value; those TensorFlow can infer from the inputs may be left out
 * @param inputs in the operation's order
 * @param outputs how many tensors it gives
 * @throws Error with TensorFlow's message; there is no gradient unless the caller gives one with `tf.customGrad`
 */
export function rawOp(
  name: string,
  attributes: readonly Attribute[],
  inputs: readonly tf.Tensor[],
  outputs = 1,
): tf.Tensor[] {
  return tf.tidy(() => backend().executeMultipleOutputs(name, [...attributes], [...inputs], outputs))
}
