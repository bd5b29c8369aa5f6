import { tf } from '../tensorflow/index.js'
import { type Convolution, type Layer, stages } from './fidInceptionLayers.js'
import { initWeights, type Parameters, parameter, together } from './parameters.js'
import { type Weights, weight } from './weights.js'

/** What the Fréchet inception distance is computed from. */
export interface InceptionOutput {
  /** FID's features, [B, 2048] */
  pool3: tf.Tensor2D
  /** features of earlier stages averaged over the image: [B, 64], [B, 192], [B, 768] */
  earlier: tf.Tensor2D[]
}

const epsilon = 0.001

/**
 * The Inception v3 of FID (Heusel et al. 2017), as pytorch-fid has it: TensorFlow's network of 2015, whose average poolings
 * do not count the padding and whose last block pools by the maximum.
 *
 * @param weights by pytorch-fid's names
 * @param images [B, 299, 299, 3] in [−1, 1]
 */
export function fidInception(weights: Weights, images: tf.Tensor4D): InceptionOutput {
  return tf.tidy(() => {
    let x = images
    const means = stages.map(layers => {
      x = through(weights, layers, x)
      return tf.mean(x, [1, 2]) as tf.Tensor2D
    })
    return { pool3: means.at(-1)!, earlier: means.slice(0, -1) }
  }) as unknown as InceptionOutput
}

function through(weights: Weights, layers: Layer[], x: tf.Tensor4D): tf.Tensor4D {
  return tf.tidy(() => layers.reduce((x, layer) => apply(weights, layer, x), x))
}

function apply(weights: Weights, layer: Layer, x: tf.Tensor4D): tf.Tensor4D {
  if ('beside' in layer)
    return tf.concat(
      layer.beside.map(layers => through(weights, layers, x)),
      3,
    )
  if ('name' in layer) return convolve(weights, layer, x)
  const { pool, stride } = layer
  return pool === 'max' ? tf.maxPool(x, 3, stride, stride === 2 ? 'valid' : 'same') : tf.avgPool(x, 3, stride, 'same')
}

/** Convolution, batch norm at its running statistics and ReLU; the norm's scale goes into the kernel. */
function convolve(weights: Weights, { name, stride, padded }: Convolution, x: tf.Tensor4D): tf.Tensor4D {
  const of = (what: string) => weight(weights, `${name}.${what}`)
  const scale = tf.mul(of('bn.weight'), tf.rsqrt(tf.add(of('bn.running_var'), epsilon)))
  const kernel = tf.mul(of('conv.weight'), scale) as tf.Tensor4D
  const shift = tf.sub(of('bn.bias'), tf.mul(of('bn.running_mean'), scale))
  return tf.relu(tf.add(tf.conv2d(x, kernel, stride, padded ? 'same' : 'valid'), shift)) as tf.Tensor4D
}

/** Every tensor that the network uses; a file may hold a classifier too. */
export function fidInceptionParameters(): Parameters {
  const found: Parameters[] = []
  const visit = (layers: Layer[], inputs: number): number =>
    layers.reduce((channels, layer) => {
      if ('beside' in layer) return layer.beside.reduce((sum, branch) => sum + visit(branch, channels), 0)
      if ('pool' in layer) return channels
      found.push(convolutionParameters(layer, channels))
      return layer.outputs
    }, inputs)
  visit(stages.flat(), 3)
  return together(...found)
}

function convolutionParameters({ name, outputs, kernel }: Convolution, inputs: number): Parameters {
  const one = { constant: 1 }
  const zero = { constant: 0 }
  const fanIn = inputs * kernel[0] * kernel[1]
  return together(
    parameter(`${name}.conv.weight`, [outputs, inputs, ...kernel], { normal: Math.sqrt(2 / fanIn) }),
    parameter(`${name}.bn.weight`, [outputs], one),
    parameter(`${name}.bn.bias`, [outputs], zero),
    parameter(`${name}.bn.running_mean`, [outputs], zero),
    parameter(`${name}.bn.running_var`, [outputs], one),
  )
}

/** Random weights, for trying things out: distances by them mean nothing. */
export const initFidInception = (seed: number): Weights => initWeights(fidInceptionParameters(), seed)
