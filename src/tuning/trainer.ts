/** What the two methods have in common: a network to tune, a batch, and an iteration from state to state. */

import type { Frame } from '../data/index.js'
import type { Schedule } from '../samplers/index.js'
import type { tf } from '../tensorflow/index.js'
import type { RunValues } from './action.js'
import type { AdamwSettings } from './adamw.js'
import type { EncodingCache } from './encodingCache.js'
import type { Condition, Network } from './generator.js'
import { learningRate } from './learningRate.js'
import type { Settings } from './settings.js'
import type { TuneState } from './state.js'

/** A text-to-image network as tuning sees it. */
export interface Tunable<C extends Condition> {
  network: Network<C>
  schedule: Schedule
  /**
   * The condition of a list of captions, one row each; the empty caption is the unconditional one.
   * @param frames how the captions' images were cut, for networks that are told (`framed`)
   */
  encode(captions: string[], frames?: readonly Frame[]): C
  framed?: boolean
  /** Between images and the latents that the network works on; none where these are the images. */
  codec?: Codec
  /** What was encoded before, on disk. */
  cache?: Pick<EncodingCache, 'latents' | 'prepare'>
}

/** An autoencoder, frozen. */
export interface Codec {
  /** Height, width and channels of a latent. */
  shape: readonly [number, number, number]
  toLatents(images: tf.Tensor4D): tf.Tensor4D
  toImages(latents: tf.Tensor4D): tf.Tensor4D
  /** ∂L/∂latents from ∂L/∂images at these latents. */
  pullBack(latents: tf.Tensor4D, gradient: tf.Tensor4D): tf.Tensor4D
  /** Compiles these for a batch of images of such a shape. */
  ready?(images: tf.Tensor4D): Promise<unknown>
}

/** Images [B,H,W,3] in [−1, 1] with their captions. */
export interface Batch {
  captions: string[]
  frames?: readonly Frame[]
  image: tf.Tensor4D
  /** Their latents, where these are known already. */
  latents?: tf.Tensor4D
  /** The Siamese reference, where it is not the image itself. */
  reference?: tf.Tensor4D
}

/** What an iteration leaves to be logged, still as tensors: all are fetched together. */
export interface Measured {
  /** By name; any shape. */
  tensors: Record<string, tf.Tensor>
  /** Kept steps of a generator update; `steps` among the tensors holds their gradients' norms in this order. */
  steps: { index: number; t: number; w: number }[]
  /** Blocks of the feature network with a head each; `realLayers` and `fakeLayers` hold their mean scores in this order. */
  blocks: readonly number[]
  /** What the discriminator was shown [B,H,W,3]; the caller frees it. */
  judged?: { captions: string[]; real: tf.Tensor4D; generated: tf.Tensor4D }
}

export interface Iterate {
  /**
   * One iteration, run inside `tf.tidy`; tensors of the old state that the new one lacks are freed by the caller.
   * @param values the settings that may have been changed since the run began
   */
  (state: TuneState, iteration: number, batch: Batch, values: RunValues): { state: TuneState; measured: Measured }
  /**
   * Compiles the calls of an iteration, side by side where that can be; without it they are compiled in the first
   * iteration. With XLA and a large network it takes minutes.
   */
  ready?(state: TuneState, batch: Batch): Promise<void>
}

/** What the network works on: a batch's latents, or its images where there is no codec. */
export function cleanOf({ image, latents }: Batch, codec: Codec | undefined): tf.Tensor4D {
  return latents ?? (codec ? codec.toLatents(image) : image)
}

/** A network's learning rate in an iteration. */
export function rateAt(
  { warmup, decay, iterations }: Settings,
  { learningRate: rates }: RunValues,
  network: 'generator' | 'discriminator',
  iteration: number,
): number {
  return learningRate({ rate: rates[network], warmup: warmup[network], decay }, iteration, iterations)
}

/** The frames of `guidedCaptions`: both halves are of the same images. */
export const guidedFrames = (frames: readonly Frame[] | undefined, guidance: number) =>
  frames && guidance !== 1 ? [...frames, ...frames] : frames

/** Rows of a batch's condition as the generator wants them: unconditional then conditional, or conditional alone. */
export function guidedCaptions(captions: string[], guidance: number): string[] {
  return guidance === 1 ? captions : [...captions.map(() => ''), ...captions]
}

/** The optimizer of one of the two networks; only the generator's gradient is clipped. */
export function optimizerOf(
  { betas, epsilon, weightDecay, clip }: Settings,
  network: 'generator' | 'discriminator',
): AdamwSettings {
  return { betas, epsilon, weightDecay, clip: network === 'generator' ? clip : null }
}
