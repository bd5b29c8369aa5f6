import { anew, cudnnAttention, cudnnNumbers, tf } from '../tensorflow/index.js'

/** Multi-head attention's inputs and how they are split. */
export interface AttentionInputs {
  /** [B, T, C] */
  query: tf.Tensor
  /** [B, S, C] */
  key: tf.Tensor
  value: tf.Tensor
  heads: number
  /** [T, S], or [1, heads, T, S] where heads differ, added to the scores */
  mask?: tf.Tensor
  /** of the scores; 1/√d unless stated */
  scale?: number
}

/** softmax(scale·q·kᵀ + mask)·v, head by head (Vaswani et al. 2017). Returns [B, T, C]. */
export function attention({ query, key, value, heads, mask, scale }: AttentionInputs): tf.Tensor3D {
  const [batch, tokens, channels] = query.shape as [number, number, number]
  const size = channels / heads
  const factor = scale ?? 1 / Math.sqrt(size)
  const split = (x: tf.Tensor) =>
    tf.transpose(tf.reshape(x, [batch, x.shape[1]!, heads, size]), [0, 2, 1, 3]) as tf.Tensor4D
  const [q, k, v] = [query, key, value].map(split) as [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D]
  const numbers = mask ? undefined : cudnnNumbers(size)
  const mixed = numbers
    ? cudnnAttention(q, k, v, factor, numbers)
    : plainAttention(factor === 1 ? q : tf.mul(q, factor), k, v, mask)
  return tf.reshape(tf.transpose(mixed, [0, 2, 1, 3]), [batch, tokens, channels])
}

/** Up to so many scores are kept for the gradient, or made at a time: 64 MiB of them. */
const fewScores = 2 ** 24

/** softmax(q·kᵀ + mask)·v of [B, heads, T, d]. */
function plainAttention(q: tf.Tensor4D, k: tf.Tensor4D, v: tf.Tensor4D, mask?: tf.Tensor): tf.Tensor4D {
  const weigh = (q: tf.Tensor) => {
    const scores = tf.matMul(q, k, false, true)
    return tf.softmax(mask ? tf.add(scores, mask) : scores)
  }
  const parts = Math.ceil((q.size / q.shape[3]) * (k.shape[2] / fewScores))
  if (mask || parts <= 1) return tf.matMul(weigh(q), v) as tf.Tensor4D
  return attentionInParts(q, k, v, parts)
}

/**
 * The same for images so large that the scores are better made twice than kept: some queries at a time, and once more
 * for the gradient, which follows from them as in Dao et al. 2022 (FlashAttention), appendix B.2.
 */
function attentionInParts(q: tf.Tensor4D, k: tf.Tensor4D, v: tf.Tensor4D, parts: number): tf.Tensor4D {
  const queries = q.shape[2]
  const step = Math.ceil(queries / parts)
  const starts = Array.from({ length: Math.ceil(queries / step) }, (_, i) => i * step)
  const some = (x: tf.Tensor, start: number) => {
    const [batch, heads, , size] = x.shape as [number, number, number, number]
    return tf.slice(x, [0, 0, start, 0], [batch, heads, Math.min(step, queries - start), size])
  }
  const weigh = (q: tf.Tensor, k: tf.Tensor) => tf.softmax(tf.matMul(q, k, false, true))
  const attend = tf.customGrad((...inputs: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const [q, k, v, save] = inputs as [tf.Tensor, tf.Tensor, tf.Tensor, tf.GradSaveFunc]
    save([q, k, v])
    const value = tf.concat(
      starts.map(start => tf.tidy(() => tf.matMul(weigh(some(q, start), k), v))),
      2,
    )
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]) => {
      const [q, k, v, dOut] = anew([...saved, dy]) as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor]
      const shares = starts.map(start =>
        tf.tidy(() => {
          const [qs, dys] = [some(q, start), some(dOut, start)]
          const weights = weigh(qs, k)
          const dWeights = tf.matMul(dys, v, false, true)
          const along = tf.sum(tf.mul(dWeights, weights), -1, true)
          const dScores = tf.mul(weights, tf.sub(dWeights, along))
          return [tf.matMul(dScores, k), tf.matMul(dScores, qs, true), tf.matMul(weights, dys, true)]
        }),
      )
      const [dq, dk, dv] = [0, 1, 2].map(i => shares.map(share => share[i]!)) as [tf.Tensor[], tf.Tensor[], tf.Tensor[]]
      return [tf.concat(dq, 2), tf.addN(dk), tf.addN(dv)]
    }
    return { value, gradFunc }
  })
  return attend(q, k, v) as tf.Tensor4D
}
