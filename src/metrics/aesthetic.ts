import { tf } from '../tensorflow/index.js'

/**
 * LAION's aesthetic predictor (Schuhmann 2022): linear layers without activations on an image embedding of unit length.
 * Dropout, which the layers' numbering leaves room for, is off: this only ever scores.
 * @param weights `layers.N.weight` [out, in] and `layers.N.bias` [out], applied in the order of N
 * @param embedding [batch, width], of the CLIP model that the predictor was trained on
 * @returns `normalized` [batch, width] and `score` [batch, 1]
 */
export function aestheticScore(weights: Record<string, tf.Tensor>, embedding: tf.Tensor2D) {
  const layers = Object.keys(weights)
    .map(name => /^layers\.(\d+)\.weight$/.exec(name)?.[1])
    .filter(index => index !== undefined)
    .map(Number)
    .sort((a, b) => a - b)
  if (layers.length === 0) throw new Error('aesthetic predictor: no layers.N.weight among the weights')
  const normalized = tf.div(embedding, tf.norm(embedding, 2, 1, true)) as tf.Tensor2D
  const score = layers.reduce((x, index) => {
    const bias = weights[`layers.${index}.bias`]
    if (!bias) throw new Error(`aesthetic predictor: layers.${index}.bias is missing`)
    return tf.add(tf.matMul(x, weights[`layers.${index}.weight`] as tf.Tensor2D, false, true), bias) as tf.Tensor2D
  }, normalized)
  return { normalized, score }
}
