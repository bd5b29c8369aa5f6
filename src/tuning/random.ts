/**
 * Random numbers as pure functions of (seed, iteration, purpose): nothing is kept between iterations, so a resumed run
 * draws what the uninterrupted one would have drawn.
 */

import { randomKey, type tf } from '../tensorflow/index.js'
import { type Stream, streams } from './uniforms.js'

/** Key of a tensor's random numbers. */
export function keyFor(seed: number, iteration: number, stream: Stream): tf.Tensor1D {
  return randomKey(seed, streams[stream], iteration)
}
