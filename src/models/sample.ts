import type { Frame } from '../data/index.js'
import { type Algebra, noised, type Plan, stepThrough } from '../samplers/index.js'
import {
  cellSignal,
  jit,
  mapTensors,
  type Precision,
  randomKey,
  randomNormal,
  tf,
  wholeStep,
} from '../tensorflow/index.js'
import { type DenoiserNetwork, denoise } from './denoise.js'
import type { DiffusionModel } from './diffusionModel.js'
import { latentShape, toImages, toLatents } from './latents.js'
import { inParts } from './parts.js'
import { encodePrompts, type PromptCondition, withFrames } from './prompts.js'
import type { Weights } from './weights.js'

/** How images are sampled. */
export interface SampleOptions {
  prompts: readonly string[]
  /** `ddim(model.schedule, 20)`, say */
  sampler: Plan
  /** γ of classifier-free guidance: (1 − γ)·unconditional + γ·conditional; 1 calls the network with the prompt alone */
  guidance?: number
  /** of the noise: the same seed and number of prompts give the same noise */
  seed?: number
  /** what guidance moves away from */
  negativePrompt?: string
  /** instead of the model's own, an average of them say */
  weights?: Weights
  /** what matrix products and convolutions read; float32 by default */
  precision?: Precision
  /** index of the sampler's first step: later ones keep more of `images` */
  from?: number
  /** for image-to-image: [prompts, H, W, C] in [−1, 1], noised to the level of step `from`; needed when `from` > 0 */
  images?: tf.Tensor4D
  /** SDXL: as if cut so from an image of such a size; whole images of the model's own size by default */
  frame?: Frame
  /** stops between steps with its reason; in our notebook the cell's, where none is given */
  signal?: AbortSignal
  /** sees every step: how many are done, of how many, and the latent that entered it, which is freed after the call */
  onStep?: (done: number, total: number, latent: tf.Tensor4D) => void
}

/**
 * Images of prompts. Other work (a notebook's messages, say) gets its turn between the steps.
 *
 * @returns [prompts, H, W, C] in [−1, 1]
 * @throws RangeError naming the option that is wrong; the signal's reason when it aborts
 */
export async function sample(model: DiffusionModel, options: SampleOptions): Promise<tf.Tensor4D> {
  const { sampler, from = 0, guidance = 2, seed = 0, weights = model.network.weights, onStep } = options
  const { signal = cellSignal() } = options
  check(model, options)
  const encoded = conditionOf(model, options)
  const { frame } = options
  const condition = withFrames(model, encoded, frame && Array(encoded.context.shape[0]).fill(frame))
  const calls = compiled[options.precision ?? 'float32']
  const scale = tf.scalar(guidance)
  const start = startLatent(model, sampler, options, seed)
  const { className, config } = model.network
  const predict = (x: tf.Tensor4D, t: number) => {
    const time = tf.tensor1d([t])
    try {
      return guidance === 1
        ? calls.conditional(weights, { className, config }, x, time, condition)
        : calls.guided(weights, { className, config }, x, time, condition, scale)
    } finally {
      time.dispose()
    }
  }
  const run = stepThrough(sampler, start, predict, { algebra: tensors, from })
  try {
    for (;;) {
      signal?.throwIfAborted()
      const step = wholeStep(() => run.next())
      if (step.done) {
        const images = tf.tidy(() => tf.clipByValue(toImages(model, step.value), -1, 1))
        step.value.dispose()
        return images
      }
      onStep?.(step.value.index - from + 1, sampler.steps.length - from, step.value.x)
      await new Promise(setImmediate)
    }
  } finally {
    run.return(start)
    tf.dispose([condition, scale, start] as tf.TensorContainer)
  }
}

const compile = (precision: Precision) => ({
  /** The network at one time for the whole batch. */
  conditional: jit(
    (weights: Weights, network: DenoiserNetwork, x: tf.Tensor4D, t: tf.Tensor1D, condition: PromptCondition) =>
      inParts(x, condition, (x, condition) => denoise(weights, network, x, t, condition)),
    { precision, parallel: 'across' },
  ),
  /** The network with guidance: both halves in one call. */
  guided: jit(
    (
      weights: Weights,
      network: DenoiserNetwork,
      x: tf.Tensor4D,
      t: tf.Tensor1D,
      condition: PromptCondition,
      scale: tf.Scalar,
    ) => {
      const output = inParts(x, condition, (x, condition) => denoise(weights, network, x, t, condition))
      const [without, withPrompt] = tf.split(output, 2) as [tf.Tensor4D, tf.Tensor4D]
      return tf.add(without, tf.mul(scale, tf.sub(withPrompt, without))) as tf.Tensor4D
    },
    { precision, parallel: 'across' },
  ),
})
const compiled = { float32: compile('float32'), bfloat16: compile('bfloat16') }

/** Latents as tensors. */
const tensors: Algebra<tf.Tensor4D> = {
  combine: terms => tf.tidy(() => tf.addN(terms.map(([coefficient, x]) => tf.mul<tf.Tensor4D>(x, coefficient)))),
  release: x => x.dispose(),
}

/** Text embeddings of the batch: the prompts', after as many of the negative prompt where there is guidance. */
function conditionOf(
  model: DiffusionModel,
  { prompts, guidance = 2, negativePrompt = '' }: SampleOptions,
): PromptCondition {
  if (guidance === 1) return encodePrompts(model, prompts)
  const encoded = encodePrompts(model, [negativePrompt, ...prompts])
  const rows = [...prompts.map(() => 0), ...prompts.map((_, i) => i + 1)]
  const condition = mapTensors(encoded, tensor => tf.tidy(() => tf.gather(tensor, tf.tensor1d(rows, 'int32'))))
  tf.dispose(encoded as tf.TensorContainer)
  return condition as PromptCondition
}

/** Noise, or the images noised to the level of the step at which the run starts. */
function startLatent(model: DiffusionModel, plan: Plan, options: SampleOptions, seed: number): tf.Tensor4D {
  const { prompts, from = 0, images } = options
  return tf.tidy(() => {
    const latents = images && toLatents(model, images)
    const shape = latents?.shape ?? ([prompts.length, ...latentShape(model)] as [number, number, number, number])
    const noise = randomNormal(shape, randomKey(seed)) as tf.Tensor4D
    return latents ? noised(tensors, plan.steps[from]!, latents, noise) : noise
  })
}

function check(model: DiffusionModel, { prompts, sampler, precision, from = 0, images }: SampleOptions): void {
  if (prompts.length === 0) throw new RangeError('prompts: there are none')
  if (precision !== undefined && !(precision in compiled)) {
    throw new RangeError(`precision: ${precision} is not one of ${Object.keys(compiled).join(', ')}`)
  }
  if (!Number.isInteger(from) || from < 0 || from >= sampler.steps.length) {
    throw new RangeError(`from: ${from} is not a step of the sampler, 0 to ${sampler.steps.length - 1}`)
  }
  if (from > 0 && !images) throw new RangeError(`from: starting at step ${from} needs images to start with`)
  const channels = model.autoencoder ? 3 : latentShape(model)[2]
  if (images && (images.shape[0] !== prompts.length || images.shape[3] !== channels)) {
    throw new RangeError(
      `images: [${images.shape}], but ${prompts.length} prompts need [${prompts.length}, H, W, ${channels}]`,
    )
  }
  if (sampler.prediction !== model.schedule.prediction) {
    throw new RangeError(
      `sampler: made for ${sampler.prediction} prediction, but the model predicts ${model.schedule.prediction}`,
    )
  }
}
