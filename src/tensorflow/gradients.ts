/**
 * Gradients of our own where TF.js's build arrays in JavaScript, slice in a loop, or leave out a case. They are used
 * by `tf.grad` and its kin, eager or inside jit, and can themselves be differentiated.
 */
import { tf } from './backend.js'
import { broadcast, sumTo } from './broadcast.js'

type Gradient = Pick<tf.GradConfig, 'gradFunc' | 'inputsToSave'>

/** The cotangent of a reduction, with the reduced axes back as ones. */
function keepAxes(dy: tf.Tensor, x: tf.Tensor, axis: unknown): tf.Tensor {
  const shape = [...x.shape]
  for (const reduced of tf.util.parseAxisParam(axis as number | number[], x.shape)) shape[reduced] = 1
  return dy.reshape(shape)
}

const sum: Gradient = {
  inputsToSave: ['x'],
  gradFunc: (dy, [x], { axis }) => ({ x: () => broadcast(keepAxes(dy as tf.Tensor, x!, axis), x!.shape) }),
}

const mean: Gradient = {
  inputsToSave: ['x'],
  gradFunc: (dy, [x], { axis }) => ({
    x: () => {
      const kept = keepAxes(dy as tf.Tensor, x!, axis)
      return broadcast(kept.mul(kept.size / x!.size), x!.shape)
    },
  }),
}

/** Every repetition's cotangent, summed: [r₀·s₀, r₁·s₁, …] seen as [r₀, s₀, r₁, s₁, …]. */
const tile: Gradient = {
  inputsToSave: ['x'],
  gradFunc: (dy, [x], { reps }) => ({
    x: () => {
      const repeats = reps as number[]
      const split = x!.shape.flatMap((size, i) => [repeats[i]!, size])
      return (dy as tf.Tensor)
        .reshape(split)
        .sum(repeats.map((_, i) => 2 * i))
        .reshape(x!.shape)
    },
  }),
}

/** As TF.js's, and summed over the batch axes along which an operand was broadcast. */
const batchMatMul: Gradient = {
  inputsToSave: ['a', 'b'],
  gradFunc(gradient, saved, { transposeA, transposeB }) {
    const dy = gradient as tf.Tensor
    const [a, b] = saved as [tf.Tensor, tf.Tensor]
    const ofA = () =>
      transposeA ? tf.matMul(b, dy, transposeB as boolean, true) : tf.matMul(dy, b, false, !transposeB)
    const ofB = () =>
      transposeB ? tf.matMul(dy, a, true, transposeA as boolean) : tf.matMul(a, dy, !transposeA, false)
    return { a: () => sumTo(ofA(), a.shape), b: () => sumTo(ofB(), b.shape) }
  },
}

/** A comparison does not change when its operands move a little. TF.js knows this of GreaterEqual only. */
const comparison: Gradient = {
  inputsToSave: ['a', 'b'],
  gradFunc: (_, [a, b]) => ({ a: () => tf.zerosLike(a!.toFloat()), b: () => tf.zerosLike(b!.toFloat()) }),
}

/** The sums from the other end. TF.js's permutes the axes besides, which fits only the last one. */
const cumsum: Gradient = {
  gradFunc: (dy, _, { axis, exclusive, reverse }) => ({
    x: () => tf.cumsum(dy as tf.Tensor, axis as number, exclusive as boolean, !reverse),
  }),
}

const gradients: Record<string, Gradient> = {
  [tf.Sum]: sum,
  [tf.Mean]: mean,
  [tf.Tile]: tile,
  [tf.BatchMatMul]: batchMatMul,
  [tf.Cumsum]: cumsum,
  [tf.Greater]: comparison,
  [tf.Less]: comparison,
  [tf.LessEqual]: comparison,
  [tf.Equal]: comparison,
  [tf.NotEqual]: comparison,
}

/** Puts these in place of TF.js's. */
export function registerOwnGradients(): void {
  for (const [kernelName, gradient] of Object.entries(gradients)) {
    tf.registerGradient({ kernelName, ...gradient })
  }
}
