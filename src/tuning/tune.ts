/** Tuning a text-to-image model: what a notebook's cell calls. */

import { type DiffusionModel, encodePrompts, unet2DCondition } from '../models/index.js'
import type { tf } from '../tensorflow/index.js'
import type { ProgressEvent } from './events.js'
import { run } from './run.js'
import { parseSettings, type TuneSettings } from './settings.js'
import type { Tunable } from './trainer.js'

/** The end of a run: the model with the averaged weights, which are the caller's now. */
export interface DoneEvent {
  kind: 'done'
  iteration: number
  model: DiffusionModel
}

export type TuneEvent = ProgressEvent | DoneEvent

/**
 * Tunes a model by Algorithm 1, or by plain finetuning, and reports as it goes:
 * `for await (const event of tune(model, { data, sampler, K: 3 })) …`. Leaving the loop stops the work and frees its memory.
 * @param model where to start; its weights are left as they are
 * @throws Error naming each setting that is wrong, before anything runs; Error when a number stops being finite
 */
export async function* tune(model: DiffusionModel, given: TuneSettings): AsyncGenerator<TuneEvent, void> {
  const settings = parseSettings(given)
  const { sample_size: size } = model.unet.config
  if (typeof size === 'number' && size !== settings.data.size) {
    throw new Error(`data: its images are ${settings.data.size} wide, the model's ${size}`)
  }
  if (settings.sampler.prediction !== model.schedule.prediction) {
    const { sampler } = settings
    throw new Error(
      `sampler: made for ${sampler.prediction} prediction, the model predicts ${model.schedule.prediction}`,
    )
  }
  const average = yield* run(tunable(model), model.unet.weights, settings)
  if (!average) return
  yield { kind: 'done', iteration: settings.iterations, model: { ...model, unet: { ...model.unet, weights: average } } }
}

/** A diffusion model as tuning sees it; the text encoder stays frozen. */
export function tunable(model: DiffusionModel): Tunable<tf.Tensor3D> {
  return {
    network: (weights, x, t, condition) => unet2DCondition(weights, model.unet.config, x, t, condition),
    schedule: model.schedule,
    encode: captions => encodePrompts(model, captions),
  }
}
