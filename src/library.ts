import type { FeatureNetwork } from './discriminator/index.js'
import { loadMetricClip, type MetricClip } from './metrics/index.js'
import { type DiffusionModel, disposeWeights, loadDiffusionModel, loadModelFolder } from './models/index.js'
import { modelFolder } from './pretraining/index.js'
import { type TuneEvent, type TuneSettings, tune as tuneWith } from './tuning/index.js'

/**
 * Loads a text-to-image model: `emoji`, which ships with the project, or a folder that diffusers or `tune` saved.
 * @param options.variant of the folder's files: `fp16` reads `….fp16.safetensors`, and where a part has none of it, the others
 * @throws Error naming the folder, file or field that is missing, wrong or not supported
 */
export async function load(nameOrFolder = 'emoji', options: { variant?: string } = {}): Promise<DiffusionModel> {
  return loadDiffusionModel(modelFolder(nameOrFolder), options)
}

/** Loads the discriminator's feature network, a Dinov2 model: `emoji-dinov2`, or a folder. */
export async function loadFeatures(nameOrFolder = 'emoji-dinov2'): Promise<FeatureNetwork> {
  return loadModelFolder(modelFolder(nameOrFolder))
}

/** Loads a CLIP to measure with: `emoji-clip`, or a folder. */
export async function loadClip(nameOrFolder = 'emoji-clip'): Promise<MetricClip> {
  return loadMetricClip(modelFolder(nameOrFolder))
}

/**
 * Tunes a model by Algorithm 1 and reports as it goes; see the settings. With the `emoji` preset, which is the default,
 * the discriminator's features are `emoji-dinov2` unless others are given.
 */
export async function* tune(model: DiffusionModel, settings: TuneSettings): AsyncGenerator<TuneEvent, void> {
  const { preset = 'emoji', method = 'adt' } = settings
  const lacking = settings.features === undefined && method === 'adt' && preset === 'emoji'
  if (!lacking) {
    yield* tuneWith(model, settings)
    return
  }
  const features = await loadFeatures()
  try {
    yield* tuneWith(model, { ...settings, features })
  } finally {
    disposeWeights(features.weights)
  }
}
