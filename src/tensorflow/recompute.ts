/** Computing a thing twice instead of keeping it: what XLA, or TensorFlow's graph optimizer, would undo unless told not to. */
import { backend, tf } from './backend.js'
import { inXla } from './binding.js'
import { TF_ATTR_TYPE } from './dtypes.js'
import { rawOp } from './rawOp.js'

/**
 * The same values, but what is computed from them is computed anew, and not before all of them are there. A compiler would
 * otherwise see that it was computed before, and keep the earlier result, however large.
 */
export function anew(tensors: readonly tf.Tensor[]): tf.Tensor[] {
  const types = tensors.map(({ dtype }) => backend().getDTypeInteger(dtype))
  const name = inXla() ? 'XlaOptimizationBarrier' : 'IdentityN'
  return rawOp(name, [{ name: 'T', type: TF_ATTR_TYPE, value: types }], tensors, tensors.length)
}

/**
 * f of some tensors, where nothing is kept for the gradient but these: what f makes on the way is made once more then
 * (Chen et al. 2016, "Training deep nets with sublinear memory cost").
 *
 * @param inputs all tensors that f uses and through which a gradient is to flow
 */
export function recomputed<T extends tf.Tensor>(inputs: readonly tf.Tensor[], f: (inputs: tf.Tensor[]) => T): T {
  const { state } = tf.engine()
  if (state.gradientDepth === 0) return f([...inputs])
  const twice = tf.customGrad((...given: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const save = given.at(-1) as tf.GradSaveFunc
    const inputs = given.slice(0, -1) as tf.Tensor[]
    save(inputs)
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]) => {
      const [cotangent, ...again] = anew([dy, ...saved]) as [tf.Tensor, ...tf.Tensor[]]
      // A tape within the walk back along another: TF.js would leave none for the rest of the way.
      const outer = state.activeTape
      try {
        const { grads } = tf.engine().gradients(() => f(again), again, cotangent, true)
        return again.map((input, i) => (grads[i] as tf.Tensor | undefined) ?? tf.zerosLike(input))
      } finally {
        state.activeTape = outer
      }
    }
    return { value: f(inputs), gradFunc }
  })
  return twice(...inputs) as T
}
