/** Random choices made outside of tensors. Arithmetic alone: the notebook's page draws the same numbers as training. */

/** What a random number is for; each has a stream of its own. */
export const streams = {
  order: 1,
  start: 2,
  noise: 3,
  time: 4,
  dropout: 5,
  discriminator: 6,
  generator: 7,
  sample: 8,
} as const

export type Stream = keyof typeof streams

/** An endless source of numbers in [0, 1) for choices made outside of tensors. */
export function uniforms(seed: number, iteration: number, stream: Stream): () => number {
  const state = [seed, seed / 2 ** 32, streams[stream], iteration].reduce((hash, part) => mix(hash + (part >>> 0)), 1)
  let count = 0
  return () => mix(state + mix(++count)) / 2 ** 32
}

/** A whole number in 0 … length − 1. */
export function below(length: number, random: () => number): number {
  return Math.floor(random() * length)
}

/** The murmur3 finaliser on an unsigned 32-bit number, after a step that keeps zero from staying zero. */
function mix(value: number): number {
  let x = (value + 0x9e3779b9) >>> 0
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b)
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35)
  return (x ^ (x >>> 16)) >>> 0
}
