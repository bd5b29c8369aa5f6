import { tf } from '../tensorflow/index.js'
import { kernelToMemory, type Weights } from './weights.js'

/** How a parameter starts: all one value, uniform in ±bound, normal with mean 0, or at values of its own. */
export type Init = { constant: number } | { uniform: number } | { normal: number } | { values: () => Float32Array }

/** A parameter of a network: its shape on disk (torch's order) and how it is drawn for training from scratch. */
export interface Parameter {
  shape: number[]
  init: Init
  /** a constant that is saved with the weights but not trained: torch calls it a buffer */
  buffer?: true
}

/** All parameters of a network by name. Loading checks files against it; random weights are drawn from it. */
export type Parameters = Record<string, Parameter>

/** A parameter on its own: an embedding table, a class token, a scale. */
export const parameter = (name: string, shape: number[], init: Init): Parameters => ({ [name]: { shape, init } })

/** A linear layer, drawn as torch draws it (uniform in ±1/√inputs, the bias too) unless `init` says otherwise. */
export function linearParameters(
  name: string,
  inputs: number,
  outputs: number,
  { bias = true, init }: { bias?: boolean; init?: Init } = {},
): Parameters {
  return weightAndBias(name, [outputs, inputs], inputs, bias, init)
}

/** A square convolution, drawn as torch draws it unless `init` says otherwise. */
export function convParameters(
  name: string,
  inputs: number,
  outputs: number,
  kernel: number,
  { bias = true, init }: { bias?: boolean; init?: Init } = {},
): Parameters {
  return weightAndBias(name, [outputs, inputs, kernel, kernel], inputs * kernel * kernel, bias, init)
}

/** The scale and shift of a group or layer norm. */
export const normParameters = (name: string, channels: number): Parameters => ({
  [`${name}.weight`]: { shape: [channels], init: { constant: 1 } },
  [`${name}.bias`]: { shape: [channels], init: { constant: 0 } },
})

/** One record from many. */
export const together = (...parts: Parameters[]): Parameters => Object.assign({}, ...parts)

function weightAndBias(name: string, shape: number[], fanIn: number, bias: boolean, init?: Init): Parameters {
  const torch = { uniform: 1 / Math.sqrt(fanIn) }
  const weight = { [`${name}.weight`]: { shape, init: init ?? torch } }
  return bias ? { ...weight, [`${name}.bias`]: { shape: [shape[0]!], init: init ? { constant: 0 } : torch } } : weight
}

/**
 * Random weights for training from scratch. A parameter's numbers depend on the seed and its own name only.
 *
 * @param seed any integer
 */
export function initWeights(parameters: Parameters, seed: number): Weights {
  const weights: Weights = {}
  for (const [name, { shape, init }] of Object.entries(parameters)) {
    const size = shape.reduce((product, size) => product * size, 1)
    weights[name] = kernelToMemory(tf.tensor(startValues(init, size, uniformStream(hash(name, seed))), shape))
  }
  return weights
}

function startValues(init: Init, size: number, random: () => number): Float32Array {
  if ('values' in init) return init.values()
  if ('constant' in init) return new Float32Array(size).fill(init.constant)
  const draw = 'uniform' in init ? () => (2 * random() - 1) * init.uniform : () => normal(random) * init.normal
  return Float32Array.from({ length: size }, draw)
}

const normal = (random: () => number) => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())

/** FNV-1a over the seed's and the name's characters. */
function hash(name: string, seed: number): number {
  let h = 0x811c9dc5
  for (const character of `${seed}/${name}`) h = Math.imul(h ^ character.codePointAt(0)!, 0x01000193)
  return h >>> 0
}

/** splitmix32: uniform in [0, 1), a period of 2³², enough for one parameter. */
function uniformStream(state: number): () => number {
  return () => {
    state = (state + 0x9e3779b9) | 0
    let z = state
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad)
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97)
    return ((z ^ (z >>> 15)) >>> 0) / 2 ** 32
  }
}
