/** Draws the settings' prompts while a run is going on. */

import type { ImageBatch } from '../data/index.js'
import type { Weights } from '../models/index.js'
import { randomNormal, tf } from '../tensorflow/index.js'
import { type Condition, createGenerator, type Generator } from './generator.js'
import { keyFor } from './random.js'
import { rollout } from './rollout.js'
import type { Settings } from './settings.js'
import { guidedCaptions, type Tunable } from './trainer.js'

/** Images of the prompts with the weights given, from noise that is the same at every call. */
export function createSampler<C extends Condition>(
  { network, encode, codec, cache }: Tunable<C>,
  { prompts, sampler: plan, guidance, precision, batch, seed, data }: Settings,
): (weights: Weights) => Promise<ImageBatch> {
  const generator: Generator<C> = createGenerator(network, guidance, { precision })
  const draw = (weights: Weights, chunk: number, captions: string[]) =>
    tf.tidy(() => {
      const noise = randomNormal(
        [batch, ...(codec?.shape ?? [data.size, data.size, 3])],
        keyFor(seed, chunk, 'sample'),
      ) as tf.Tensor4D
      const condition = encode(guidedCaptions(captions, guidance))
      const { final } = rollout(generator, weights, plan, noise, condition, { start: 0, keep: new Set(), path: 'adt' })
      return codec ? codec.toImages(final) : final
    })
  return async weights => {
    const shape = [prompts.length, data.size, data.size, 3]
    const images = new Float32Array(shape.reduce((product, size) => product * size, 1))
    for (let chunk = 0; chunk * batch < prompts.length; chunk++) {
      // the last chunk is filled up with its own last prompt, so that every call has the batch's shape
      const captions = Array.from(
        { length: batch },
        (_, k) => prompts[Math.min(chunk * batch + k, prompts.length - 1)]!,
      )
      await cache?.prepare(['', ...captions])
      const drawn = draw(weights, chunk, captions)
      const values = (await drawn.data()) as Float32Array
      drawn.dispose()
      const at = chunk * values.length
      images.set(values.subarray(0, images.length - at), at)
    }
    return { data: images, shape }
  }
}
