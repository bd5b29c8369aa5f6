/** Our side of the dispatch bench. */

import { jit, tf } from '../../../src/tensorflow/index.js'
import { numbers, spots } from './numbers.js'
import { seconds, serve } from './serve.js'

type Call = () => tf.Tensor | Record<string, tf.Tensor>

/** Each part's call, with its inputs made. */
const calls: Record<string, () => Call> = {
  'eager-add': () => pairwise([1], (a, b) => tf.add(a, b)),
  'eager-matmul': () => pairwise([64, 64], (a, b) => tf.matMul(a as tf.Tensor2D, b as tf.Tensor2D)),
  'jit-2-inputs': () =>
    pairwise(
      [1],
      jit((a: tf.Tensor, b: tf.Tensor) => tf.add(a, b)),
    ),
  'jit-700-inputs': () => {
    const record = (offset: number) =>
      Object.fromEntries(Array.from({ length: 350 }, (_, i) => [`${i}`, numbers([8], 1, offset + i) as tf.Tensor]))
    const [weights, gradients] = [record(0), record(1000)]
    const update = jit((w: typeof weights, g: typeof weights) =>
      Object.fromEntries(Object.keys(w).map(name => [name, tf.sub(w[name]!, tf.mul(g[name]!, 0.1))])),
    )
    return () => update(weights, gradients)
  },
}

function pairwise(shape: [number] | [number, number], f: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor): Call {
  const [a, b] = [numbers(shape as [number], 1, 0), numbers(shape as [number], 1, 1000)]
  return () => f(a, b)
}

/** The call that was prepared last. */
let call: Call | undefined

await serve({
  prepare({ part }: { part: string }) {
    call = calls[part]!()
    for (let i = 0; i < 20; i++) tf.dispose(call())
    const result = call()
    const check = { result: spots(first(result)) }
    tf.dispose(result)
    return { check }
  },
  async measure({ calls: count }: { calls: number }) {
    const taken = await seconds(() => {
      for (let i = 1; i < count; i++) tf.dispose(call!())
      // The device is done with all once the last one's value is here.
      const last = call!()
      first(last).dataSync()
      tf.dispose(last)
    })
    return { microseconds: (1e6 * taken) / count }
  },
})

function first(result: ReturnType<Call>): tf.Tensor {
  return result instanceof tf.Tensor ? result : Object.values(result)[0]!
}
