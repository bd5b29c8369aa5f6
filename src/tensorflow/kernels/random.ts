/** Drawing from a categorical distribution: the same draws for the same seed, whatever was drawn before. */
import { scalar, type Tensor, type TensorInfo, tensor1d, tidy } from '@tensorflow/tfjs-core'
import { kernel, type } from './execute.js'

export const Multinomial = kernel<{ logits: TensorInfo }, { numSamples: number; seed: number; normalized: boolean }>(
  ({ inputs: { logits }, attrs: { numSamples, seed, normalized }, run }) =>
    tidy(() => {
      const scores = normalized ? (logits as Tensor).log() : (logits as Tensor)
      // TF.js's default seed is a fraction: all of its bits count.
      const key = tensor1d(new Int32Array(Float64Array.of(seed).buffer), 'int32')
      const attributes = [type('T', scores.dtype), type('Tseed', 'int32'), type('output_dtype', 'int32')]
      return run('StatelessMultinomial', attributes, [scores, scalar(numSamples, 'int32'), key])[0] as Tensor
    }),
)
