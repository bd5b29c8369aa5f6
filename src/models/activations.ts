import { tf } from '../tensorflow/index.js'

/** A function of each number on its own, with its derivative: only the input is kept for the gradient. */
function elementwise(value: (x: tf.Tensor) => tf.Tensor, derivative: (x: tf.Tensor) => tf.Tensor) {
  const apply = tf.customGrad((...inputs: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const [x, save] = inputs as [tf.Tensor, tf.GradSaveFunc]
    save([x])
    return { value: value(x), gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => tf.mul(dy, derivative(saved[0]!)) }
  })
  return <T extends tf.Tensor>(x: T) => apply(x) as T
}

/** The derivative of x·σ(c·x) at x: s·(1 + c·x·(1 − s)). */
const gatedDerivative = (x: tf.Tensor, c: number) => {
  const scaled = c === 1 ? x : tf.mul(x, c)
  const gate = tf.sigmoid(scaled)
  return tf.mul(gate, tf.add(1, tf.mul(scaled, tf.sub(1, gate))))
}

export const siluDerivative = (x: tf.Tensor): tf.Tensor => gatedDerivative(x, 1)

/** x·σ(x), also called swish. */
export const silu = elementwise(x => tf.mul(x, tf.sigmoid(x)), siluDerivative)

/** OpenAI's approximation of GELU in the first CLIP models: x·σ(1.702·x). */
export const quickGelu = elementwise(
  x => tf.mul(x, tf.sigmoid(tf.mul(x, 1.702))),
  x => gatedDerivative(x, 1.702),
)

/** Φ(x), the normal distribution function. */
const normalCdf = (x: tf.Tensor) => tf.mul(0.5, tf.add(1, tf.erf(tf.mul(x, Math.SQRT1_2))))

/** x·Φ(x) with the error function (Hendrycks & Gimpel 2016), torch's default GELU. */
export const gelu = elementwise(
  x => tf.mul(x, normalCdf(x)),
  x => {
    const density = tf.mul(1 / Math.sqrt(2 * Math.PI), tf.exp(tf.mul(-0.5, tf.square(x))))
    return tf.add(normalCdf(x), tf.mul(x, density))
  },
)

/** The activations of transformers' `hidden_act` that the networks here use. */
export const activations = { gelu, quick_gelu: quickGelu } as const

/** A gated linear unit with GELU (Shazeer 2020): the last axis halves, h·gelu(gate). */
export function gegluGate(x: tf.Tensor): tf.Tensor {
  const [h, gate] = tf.split(x, 2, -1) as [tf.Tensor, tf.Tensor]
  return tf.mul(h, gelu(gate))
}
