import { rawOp, tf } from '../tensorflow/index.js'

/** A function of each number on its own, with its gradient from input and cotangent: only the input is kept for it. */
function elementwise(value: (x: tf.Tensor) => tf.Tensor, gradient: (x: tf.Tensor, dy: tf.Tensor) => tf.Tensor) {
  const apply = tf.customGrad((...inputs: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const [x, save] = inputs as [tf.Tensor, tf.GradSaveFunc]
    save([x])
    return { value: value(x), gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => gradient(saved[0]!, dy) }
  })
  return <T extends tf.Tensor>(x: T) => apply(x) as T
}

/** The gradient of x·σ(c·x): dy·s + dy·c·x·s·(1 − s), whose last factors TensorFlow has in one operation. */
const gatedGradient = (x: tf.Tensor, dy: tf.Tensor, c: number) => {
  const scaled = c === 1 ? x : tf.mul(x, c)
  const gate = tf.sigmoid(scaled)
  return tf.add(tf.mul(dy, gate), rawOp('SigmoidGrad', [], [gate, tf.mul(dy, scaled)])[0]!)
}

export const siluGradient = (x: tf.Tensor, dy: tf.Tensor): tf.Tensor => gatedGradient(x, dy, 1)

/** x·σ(x), also called swish. */
export const silu = elementwise(x => tf.mul(x, tf.sigmoid(x)), siluGradient)

/** OpenAI's approximation of GELU in the first CLIP models: x·σ(1.702·x). */
export const quickGelu = elementwise(
  x => tf.mul(x, tf.sigmoid(tf.mul(x, 1.702))),
  (x, dy) => gatedGradient(x, dy, 1.702),
)

/** Φ(x), the normal distribution function. */
const normalCdf = (x: tf.Tensor) => tf.mul(0.5, tf.add(1, tf.erf(tf.mul(x, Math.SQRT1_2))))

/** x·Φ(x) with the error function (Hendrycks & Gimpel 2016), torch's default GELU. */
export const gelu = elementwise(
  x => tf.mul(x, normalCdf(x)),
  (x, dy) => {
    const density = tf.mul(1 / Math.sqrt(2 * Math.PI), tf.exp(tf.mul(-0.5, tf.square(x))))
    return tf.mul(dy, tf.add(normalCdf(x), tf.mul(x, density)))
  },
)

/** GELU by tanh (Hendrycks & Gimpel 2016): `gelu_new` in transformers, `gelu-approximate` in diffusers. */
export const geluTanh = elementwise(
  x => tf.mul(tf.mul(x, 0.5), tf.add(1, tanhOf(x))),
  (x, dy) => {
    const tanh = tanhOf(x)
    const slope = tf.mul(Math.sqrt(2 / Math.PI), tf.add(1, tf.mul(3 * 0.044715, tf.square(x))))
    const rising = tf.mul(tf.mul(x, slope), tf.sub(1, tf.square(tanh)))
    return tf.mul(dy, tf.mul(0.5, tf.add(tf.add(1, tanh), rising)))
  },
)
const tanhOf = (x: tf.Tensor) =>
  tf.tanh(tf.mul(tf.mul(x, Math.sqrt(2 / Math.PI)), tf.add(1, tf.mul(0.044715, tf.square(x)))))

/** The activations of transformers' `hidden_act` that the networks here use. */
export const activations = { gelu, quick_gelu: quickGelu } as const

/** A gated linear unit with GELU (Shazeer 2020): the last axis halves, h·gelu(gate). */
export function gegluGate(x: tf.Tensor): tf.Tensor {
  const [h, gate] = tf.split(x, 2, -1) as [tf.Tensor, tf.Tensor]
  return tf.mul(h, gelu(gate))
}
