import { tf } from '../tensorflow/index.js'

/** `tf.tidy` for results that hold tensors in records of their own types: frees all tensors made but those returned. */
export function scope<T extends object>(f: () => T): T {
  return tf.tidy(f as unknown as () => tf.TensorContainer) as unknown as T
}
