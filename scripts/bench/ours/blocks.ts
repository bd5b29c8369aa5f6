/** Our side of the blocks bench: two ResNet and attention blocks, their gradients by weights, input and time. */

import { silu } from '../../../src/models/activations.js'
import type { Weights } from '../../../src/models/index.js'
import { resnetBlock } from '../../../src/models/resnet.js'
import { transformer2D } from '../../../src/models/unetBlocks.js'
import { jit, tf } from '../../../src/tensorflow/index.js'
import { gradientsOf } from '../../../src/tuning/index.js'
import { type BlocksSize, contextChannels, contextTokens, embedChannels, heads } from '../blocksSize.js'
import { type Filling, norm, numbers, spots, weightsOf } from './numbers.js'
import { seconds, serve } from './serve.js'

/** Runs the blocks forward and backward once. */
let run: (() => { output: tf.Tensor; gradients: Weights }) | undefined

await serve({
  prepare({ size, filling }: { size: BlocksSize; filling: Filling }) {
    const { batch, side, channels } = size
    const weights = weightsOf(filling)
    const inputs = {
      x: numbers([batch, side, side, channels], 2, 1),
      embedding: numbers([batch, embedChannels], 1, 2),
    }
    const context = numbers<tf.Rank.R3>([batch, contextTokens, contextChannels], 2, 3)
    const cotangent = numbers<tf.Rank.R4>([batch, side, side, channels], 1, 4)
    const attention = { heads, layers: 1, contextChannels }
    const settings = { groups: 32, epsilon: 1e-5 }
    const backward = jit((weights: Weights, given: typeof inputs, context: tf.Tensor3D, cotangent: tf.Tensor4D) => {
      const forward = () => {
        const embedding = silu(given.embedding)
        let h = given.x as tf.Tensor4D
        for (const i of [0, 1]) {
          h = resnetBlock(weights, `resnets.${i}`, h, embedding, settings)
          h = transformer2D(weights, `attentions.${i}`, h, context, attention, settings)
        }
        return h
      }
      const { value, gradients } = gradientsOf(forward, { ...weights, ...given }, cotangent)
      return { output: value, gradients }
    })
    run = () => backward(weights, inputs, context, cotangent)
    for (let i = 0; i < 2; i++) tf.dispose(run())
    const { output, gradients } = run()
    const { x, embedding, ...ofWeights } = gradients
    const check = {
      output: spots(output),
      'gradient by x': spots(x!),
      'gradient by time': spots(embedding!),
      'gradient by weights': norm(Object.values(ofWeights)),
    }
    tf.dispose([output, gradients])
    return { check }
  },
  async measure() {
    return {
      ms:
        1000 *
        (await seconds(() => {
          const results = run!()
          // The device is done once a value is here.
          results.gradients['attentions.1.proj_out.bias']!.dataSync()
          tf.dispose([results.output, results.gradients])
        })),
    }
  },
})
