import { jit, tf } from '../../tensorflow/index.js'
import { type CaseArray, caseArray } from './arrays.js'
import type { Comparison } from './compare.js'

/** An array of a case as a tensor; integers stay integers. */
export function toTensor({ shape, data }: CaseArray): tf.Tensor {
  return data instanceof Int32Array || data instanceof Uint8Array
    ? tf.tensor(Int32Array.from(data), shape, 'int32')
    : tf.tensor(Float32Array.from(data), shape, 'float32')
}

/** Frees all tensors that `f` made; it returns plain numbers. */
export function scoped<T>(f: () => T): T {
  tf.engine().startScope()
  try {
    return f()
  } finally {
    tf.engine().endScope()
  }
}

/**
 * Outputs of a function and the vector-Jacobian products that a case asks for, ready to be compared.
 * @param arrays the case's io.safetensors
 * @param leaves what `f` is differentiated by, under the names that follow `vjp.`: `in.x`, `param.weight`
 * @param f outputs by the names that follow `out.`, from leaves like those given; in the file's layout
 */
export function outputsAndVjps(
  arrays: Map<string, CaseArray>,
  leaves: Record<string, tf.Tensor>,
  f: (leaves: Record<string, tf.Tensor>) => Record<string, tf.Tensor>,
): Map<string, Comparison> {
  const values = new Map<string, Comparison>()
  const add = (name: string, got: tf.Tensor, kind: 'out' | 'vjp') => {
    const reference = arrays.get(name)
    if (reference) values.set(name, { got: got.dataSync(), reference: reference.data, kind })
  }
  const outputs = jit(f)(leaves)
  for (const [name, output] of Object.entries(outputs)) add(`out.${name}`, output, 'out')
  const wanted = Object.keys(leaves).filter(name => arrays.has(`vjp.${name}`))
  const cotangents = Object.keys(outputs).filter(name => arrays.has(`cotangent.${name}`))
  const products = vjps(f, leaves, wanted, arrays, cotangents)
  for (const [name, product] of Object.entries(products)) add(`vjp.${name}`, product, 'vjp')
  return values
}

/**
 * Gradients of Σ cotangent·output, over the outputs named, by the leaves named.
 * @param arrays where `cotangent.OUTPUT` is
 */
export function vjps(
  f: (leaves: Record<string, tf.Tensor>) => Record<string, tf.Tensor>,
  leaves: Record<string, tf.Tensor>,
  wanted: string[],
  arrays: Map<string, CaseArray>,
  outputs: string[],
): Record<string, tf.Tensor> {
  if (wanted.length === 0) return {}
  const cotangents = Object.fromEntries(outputs.map(name => [name, toTensor(caseArray(arrays, `cotangent.${name}`))]))
  const products = jit((leaves: Record<string, tf.Tensor>, cotangents: Record<string, tf.Tensor>) =>
    tf.grads((...varied: tf.Tensor[]) => {
      const results = f({ ...leaves, ...Object.fromEntries(wanted.map((name, i) => [name, varied[i]!])) })
      return outputs.map(name => tf.sum(tf.mul(results[name]!, cotangents[name]!))).reduce((a, b) => tf.add(a, b))
    })(wanted.map(name => leaves[name]!)),
  )
  const gradients = products(leaves, cotangents)
  return Object.fromEntries(wanted.map((name, i) => [name, gradients[i]!]))
}
