/**
 * Weights and inputs that both sides make alike on their own device: numbers that look random and are a function of
 * their place alone. So two networks of any size can be compared by value, and nothing has to be sent.
 */

import type { Init, Parameters, Weights } from '../../../src/models/index.js'
import { tf } from '../../../src/tensorflow/index.js'

/** A prime for which cubing is a permutation, so that a period holds every value once and its mean is zero. */
const period = 10007

const cubes = Float32Array.from({ length: period }, (_, i) => (((i * i * i) % period) - 5003) / 5003)

/** Numbers in [−bound, bound], beginning at an offset into their sequence. */
export function numbers<R extends tf.Rank>(shape: tf.ShapeMap[R], bound: number, offset: number): tf.Tensor<R> {
  const size = (shape as number[]).reduce((product, length) => product * length, 1)
  return tf.tidy(() => {
    const repeated = tf.tile(tf.tensor1d(cubes), [Math.ceil((offset + size) / period)])
    return tf.reshape(tf.mul(tf.slice(repeated, [offset], [size]), bound), shape)
  })
}

/** How a parameter is filled, as the peer is told: shape on disk, `uniform` or `constant`, its bound or value, offset. */
export type Filling = Record<string, [shape: number[], kind: 'uniform' | 'constant', value: number, offset: number]>

/** A filling of parameters that keeps the spread their own random start would have. */
export function fillingOf(parameters: Parameters): Filling {
  const entries = Object.entries(parameters).map(([name, { shape, init }], index) => {
    const value = 'constant' in init ? init.constant : boundOf(init)
    return [name, [shape, 'constant' in init ? 'constant' : 'uniform', value, (index * 37) % period]] as const
  })
  return Object.fromEntries(entries) as Filling
}

function boundOf(init: Exclude<Init, { constant: number }>): number {
  if ('values' in init) return 1
  return 'uniform' in init ? init.uniform : init.normal * Math.sqrt(3)
}

/** The weights of a filling, as the library holds them. */
export function weightsOf(filling: Filling): Weights {
  const weights: Weights = {}
  for (const [name, [shape, kind, value, offset]] of Object.entries(filling)) {
    weights[name] = tf.tidy(() => {
      const stored = kind === 'constant' ? tf.fill(shape, value) : numbers(shape as [number], value, offset)
      return stored.rank === 4 ? tf.transpose(stored, [2, 3, 1, 0]) : stored
    })
  }
  return weights
}

/** 64 elements spread over a tensor. */
export function spots(tensor: tf.Tensor): number[] {
  return tf.tidy(() => {
    const index = Array.from({ length: 64 }, (_, i) => Math.floor((i * tensor.size) / 64))
    return Array.from(tf.gather(tf.reshape(tensor, [-1]), tf.tensor1d(index, 'int32')).dataSync())
  })
}

/** The root of the sum of all squares. */
export function norm(tensors: readonly tf.Tensor[]): number {
  return tf.tidy(() => Math.sqrt(tensors.reduce((sum, x) => sum + (tf.sum(tf.square(x)).dataSync()[0] as number), 0)))
}
