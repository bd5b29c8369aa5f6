import { tf } from '../tensorflow/index.js'

/** Where each tensor of a record lies in one long vector. */
export interface Packing {
  names: readonly string[]
  shapes: readonly (readonly number[])[]
  sizes: readonly number[]
}

/**
 * A record of tensors as one vector. An optimizer that works on a vector is a handful of operations instead of
 * thousands, and a training step has four inputs instead of four for each tensor.
 */
export function packingOf(tensors: Record<string, tf.Tensor>): Packing {
  const names = Object.keys(tensors)
  return {
    names,
    shapes: names.map(name => tensors[name]!.shape),
    sizes: names.map(name => tensors[name]!.size),
  }
}

/** The tensors one after another, in the packing's order; `null` stands for zeros. */
export function pack(packing: Packing, tensors: readonly (tf.Tensor | null)[]): tf.Tensor1D {
  return tf.concat1d(packing.sizes.map((size, i) => tensors[i]?.reshape([size]) ?? tf.zeros([size])) as tf.Tensor1D[])
}

/** The tensors of a packed vector by name. */
export function unpack(packing: Packing, vector: tf.Tensor1D): Record<string, tf.Tensor> {
  const parts = packing.sizes.length === 1 ? [vector] : tf.split(vector, [...packing.sizes])
  return Object.fromEntries(packing.names.map((name, i) => [name, parts[i]!.reshape([...packing.shapes[i]!])]))
}

/** The tensors whose names start with `prefix.`, under the rest of their names. */
export function within(tensors: Record<string, tf.Tensor>, prefix: string): Record<string, tf.Tensor> {
  const start = `${prefix}.`
  return Object.fromEntries(
    Object.entries(tensors)
      .filter(([name]) => name.startsWith(start))
      .map(([name, tensor]) => [name.slice(start.length), tensor]),
  )
}

/** The inverse of `within`: every name with `prefix.` before it. */
export function under(prefix: string, tensors: Record<string, tf.Tensor>): Record<string, tf.Tensor> {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [`${prefix}.${name}`, tensor]))
}
