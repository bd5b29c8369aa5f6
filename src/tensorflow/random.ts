/**
 * Random numbers without hidden state: the same key gives the same numbers, eager or inside jit, so a run's random
 * state is its seed and its iteration.
 */
import { createHash } from 'node:crypto'
import { tf } from './backend.js'
import { TF_ATTR_TYPE, TF_FLOAT, TF_INT32 } from './dtypes.js'
import { rawOp } from './rawOp.js'

const types = [
  { name: 'dtype', type: TF_ATTR_TYPE, value: TF_FLOAT },
  { name: 'T', type: TF_ATTR_TYPE, value: TF_INT32 },
  { name: 'Tseed', type: TF_ATTR_TYPE, value: TF_INT32 },
]

const draw = <R extends tf.Rank>(op: string, shape: tf.ShapeMap[R], key: tf.Tensor1D) =>
  tf.tidy(() => rawOp(op, types, [tf.tensor1d(shape, 'int32'), key])[0] as tf.Tensor<R>)

/**
 * Standard normal numbers.
 * @param key int32 [2], from `randomKey`; one key is for one draw
 */
export function randomNormal<R extends tf.Rank = tf.Rank>(shape: tf.ShapeMap[R], key: tf.Tensor1D): tf.Tensor<R> {
  return draw('StatelessRandomNormal', shape, key)
}

/** Uniform numbers in [low, high). @param key int32 [2], from `randomKey`; one key is for one draw */
export function randomUniform<R extends tf.Rank = tf.Rank>(
  shape: tf.ShapeMap[R],
  key: tf.Tensor1D,
  low = 0,
  high = 1,
): tf.Tensor<R> {
  return tf.tidy(() => {
    const unit = draw('StatelessRandomUniform', shape, key)
    return (low === 0 && high === 1 ? unit : unit.mul(high - low).add(low)) as tf.Tensor<R>
  })
}

/**
 * A key for one draw: the SHA-256 of the seed and of where the draw is made (an iteration, a purpose, …), so that
 * keys of neighbouring iterations have nothing in common.
 * @returns int32 [2]
 */
export function randomKey(seed: number, ...path: number[]): tf.Tensor1D {
  const bytes = createHash('sha256')
    .update(new Uint8Array(Float64Array.of(seed, ...path).buffer))
    .digest()
  return tf.tensor1d([bytes.readInt32LE(0), bytes.readInt32LE(4)], 'int32')
}
