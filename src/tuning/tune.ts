/** Tuning a text-to-image model: what a notebook's cell calls. */

import {
  type DiffusionModel,
  denoise,
  disposeTextEncoders,
  encodePrompts,
  imageSize,
  latentShape,
  type Model,
  type NetworkOptions,
  type PromptCondition,
  pullBackToLatents,
  readyLatents,
  reloadTextEncoders,
  toImages,
  toLatents,
  type Weights,
  withFrames,
} from '../models/index.js'
import { tf } from '../tensorflow/index.js'
import { type EncodingCache, openEncodingCache } from './encodingCache.js'
import type { ProgressEvent } from './events.js'
import { run } from './run.js'
import { scope } from './scope.js'
import { parseSettings, type Settings, type TuneSettings } from './settings.js'
import type { Tunable } from './trainer.js'
import { type Tuned, tuneAll, tuneLora } from './tuned.js'

/** The end of a run: the model with the averaged weights, which are the caller's now. */
export interface DoneEvent {
  kind: 'done'
  iteration: number
  model: DiffusionModel
  /** the factors by themselves, where these were tuned; they are in the model's weights too */
  lora?: Weights
}

export type TuneEvent = ProgressEvent | DoneEvent

/**
 * Tunes a model by Algorithm 1, or by plain finetuning, and reports as it goes:
 * `for await (const event of tune(model, { data, sampler, K: 3 })) …`. Leaving the loop stops the work and frees its memory.
 * @param model where to start; its weights are left as they are, unless the settings release them
 * @throws Error naming each setting that is wrong, before anything runs; Error when a number stops being finite
 */
export async function* tune(model: DiffusionModel, given: TuneSettings): AsyncGenerator<TuneEvent, void> {
  const settings = parseSettings(given)
  const size = imageSize(model)
  if (size !== settings.data.size) {
    throw new Error(`data: its images are ${settings.data.size} wide, the model's ${size}`)
  }
  if (settings.sampler.prediction !== model.schedule.prediction) {
    const { sampler } = settings
    throw new Error(
      `sampler: made for ${sampler.prediction} prediction, the model predicts ${model.schedule.prediction}`,
    )
  }
  const { network } = model
  const { lora: rank, seed, iterations, checkpointing } = settings
  const tuned = rank === null ? tuneAll(network) : tuneLora(network, rank, seed)
  const cut = cutCaptions(model, settings)
  try {
    if (cut) yield { kind: 'warning', iteration: 0, message: cut }
    const cache = settings.cache === undefined ? undefined : await openEncodingCache(settings.cache, model)
    if (cache) yield* cache.fill(settings.data, settings.batch, settings.prompts)
    // All texts are known now. The largest encoder, T5-XXL, is 19 GB.
    const unneeded = cache !== undefined && settings.release && model.folder !== undefined
    if (unneeded) disposeTextEncoders(model)
    const average = yield* run(tunable(model, tuned, { checkpointing, cache }), tuned.start, settings)
    if (!average) return
    const weights = wholeWeights(network, tuned, average)
    yield {
      kind: 'done',
      iteration: iterations,
      model: {
        ...model,
        network: { ...network, weights },
        ...(unneeded && { textEncoders: await reloadTextEncoders(model) }),
      },
      ...(rank !== null && { lora: average }),
    }
  } finally {
    if (rank !== null) tf.dispose(tuned.start)
  }
}

/** How many captions are looked at before a run: all of most data sets, and of the others as many as take no time. */
const looked = 2000

/** A sentence where captions are longer than the first text encoder reads; undefined where none is. */
function cutCaptions({ textEncoders: [encoder] }: DiffusionModel, { data }: Settings): string | undefined {
  if (!encoder) return undefined
  const { maxLength } = encoder.tokenizer
  const captions = data.items.slice(0, looked)
  const longer = captions.filter(({ text }) => encoder.tokenizer.count(text) > maxLength)
  if (longer.length === 0) return undefined
  const example = longer[0]!.text
  return (
    `${longer.length} of ${captions.length} captions are longer than ${maxLength} tokens, and what is beyond is not read: ` +
    `${JSON.stringify(example.length > 60 ? `${example.slice(0, 60)}…` : example)}, say`
  )
}

/** The tuned network's weights; those that it has in common with the first model as tensors of their own. */
function wholeWeights({ weights }: Model, { whole }: Tuned, average: Weights): Weights {
  return scope(() =>
    Object.fromEntries(
      Object.entries(whole(average)).map(([name, tensor]) => [
        name,
        tensor === weights[name] ? tf.clone(tensor) : tensor,
      ]),
    ),
  )
}

/** A diffusion model as tuning sees it; text encoders and autoencoder stay frozen. */
export function tunable(
  model: DiffusionModel,
  { whole }: Tuned = tuneAll(model.network),
  { cache, ...options }: NetworkOptions & { cache?: EncodingCache } = {},
): Tunable<PromptCondition> {
  return {
    network: (tuned, x, t, condition) => denoise(whole(tuned), model.network, x, t, condition, options),
    schedule: model.schedule,
    encode: (captions, frames) => withFrames(model, cache?.encode(captions) ?? encodePrompts(model, captions), frames),
    framed: model.network.config.addition_embed_type === 'text_time',
    ...(cache && { cache }),
    ...(model.autoencoder && {
      codec: {
        shape: latentShape(model),
        toLatents: images => toLatents(model, images),
        toImages: latents => toImages(model, latents),
        pullBack: (latents, gradient) => pullBackToLatents(model, latents, gradient),
        ready: images => readyLatents(model, images),
      },
    }),
  }
}
