/**
 * A full-size model in a process of its own: compiles a part of an iteration of Algorithm 1, or runs iterations and tells
 * after each what its phases took. Figures are lines of JSON on standard output.
 */

import type { Dataset } from '../../../src/data/index.js'
import { imageSize, latentShape, type PromptCondition, readyLatents } from '../../../src/models/index.js'
import { devices, forgetPeak, memory, tf, usesXla, useTensorFloat32 } from '../../../src/tensorflow/index.js'
import { createDiscriminatorCalls } from '../../../src/tuning/calls.js'
import {
  adamwNumbers,
  chooseSteps,
  createGenerator,
  keyFor,
  parseSettings,
  run,
  type Settings,
  type Tunable,
  tunable,
} from '../../../src/tuning/index.js'
import { initialState } from '../../../src/tuning/state.js'
import { optimizerOf } from '../../../src/tuning/trainer.js'
import { tuneAll, tuneLora } from '../../../src/tuning/tuned.js'
import { createUpdate } from '../../../src/tuning/update.js'
import type { CompilePart, Figure, FullSizeRequest } from '../fullSizeRequest.js'
import { autoencoderOf, featuresOf, networkOf, samplerOf, textOf, withoutText } from './fullSizeModel.js'
import { watchResident } from './resident.js'
import { seconds } from './serve.js'

const request = JSON.parse(process.argv[2]!) as FullSizeRequest
const { model: name, size, batch, precision, lora, iterations } = request
const tell = (figure: string, value: number, unit: string) =>
  process.stdout.write(`${JSON.stringify({ figure, value, unit } satisfies Figure)}\n`)
const mebibytes = (bytes: number) => bytes / 2 ** 20
const gpu = devices().some(({ type }) => type === 'GPU')
// On a CPU TensorFlow counts large pieces only, and without what the system has taken for others.
const used = () => memory().device?.used ?? 0

useTensorFloat32(precision !== 'float32')
if (request.compile) await compile(request.compile)
else await iterate()
process.exit(0)

/** The model without text encoders, what of it is tuned, and the settings of its preset. */
function prepare(alike: boolean) {
  const frozenBefore = used()
  const autoencoder = autoencoderOf(name, size)
  const features = featuresOf(size)
  const frozen = used() - frozenBefore
  const network = networkOf(name, size, alike)
  const model = withoutText(name, size, network, autoencoder)
  const pixels = imageSize(model)
  const settings = parseSettings({
    preset: name,
    data: noise(pixels),
    sampler: samplerOf(name, model),
    features,
    batch,
    iterations,
    lora,
    precision: precision === 'bf16' ? 'bfloat16' : 'float32',
    ...(request.checkpointing !== undefined && { checkpointing: request.checkpointing }),
    // One kind of iteration after the other, so that few show both; the generator's are every fifth in the preset.
    H: 2,
    normsEvery: 0,
    release: true,
  })
  const tuned = lora === null ? tuneAll(network) : tuneLora(network, lora, 1)
  const { checkpointing } = settings
  return {
    model,
    settings,
    start: tuned.start,
    weights: used() - frozenBefore - frozen,
    frozen,
    tunable: {
      ...tunable(model, tuned, { checkpointing }),
      encode: (captions: string[]) => textOf(name, size, captions.length, pixels),
    } satisfies Tunable<PromptCondition>,
  }
}

/** Images of noise. */
function noise(pixels: number): Dataset {
  const items = Array.from({ length: 2 * batch }, (_, i) => ({ id: `${i}`, text: `noise ${i}` }))
  const image = Float32Array.from({ length: pixels ** 2 * 3 }, (_, i) => (((i * 7919) % 10007) - 5003) / 5003)
  return {
    name: 'noise',
    items,
    size: pixels,
    hash: 'noise',
    pixels: async () => {
      throw new Error('only images are drawn here')
    },
    images: async indices => {
      const images = new Float32Array(indices.length * image.length)
      for (const i of indices.keys()) images.set(image, i * image.length)
      return images
    },
  }
}

/** Compiles a part with the arguments that an iteration gives it. Memory for running it may be lacking: it is compiled then. */
async function compile(part: CompilePart): Promise<void> {
  // With factors, the network's own weights are taken from around the function, where each must be a tensor of its own.
  const { model, settings, start, tunable } = prepare(lora === null)
  const { guidance } = settings
  const [height, width, channels] = latentShape(model)
  const x = tf.zeros([batch, height, width, channels]) as tf.Tensor4D
  const t = tf.scalar(settings.sampler.steps[0]!.t)
  const condition = tunable.encode(Array.from({ length: guidance === 1 ? batch : 2 * batch }, () => ''))
  const generator = createGenerator(tunable.network, guidance, { precision: settings.precision })
  const image = tf.zeros([batch, settings.data.size, settings.data.size, 3]) as tf.Tensor4D
  const optimizer = optimizerOf(settings, 'generator')
  const numbers = adamwNumbers(0, 1, optimizer)
  const ready: Record<CompilePart, () => Promise<unknown>> = {
    'pull-back': () => generator.pullBack.ready(start, x, t, condition, { guided: x, conditional: x }, start),
    forward: async () => {
      await generator.predict.ready(start, x, t, condition)
      const state = { weights: start, average: start, moments: { mean: start, square: start } }
      await createUpdate(optimizer, settings.average).ready(state, start, numbers)
    },
    discriminator: () => {
      const calls = createDiscriminatorCalls(
        settings.discriminator,
        settings.features!,
        optimizerOf(settings, 'discriminator'),
        settings.adversarialWeight,
        { precision: settings.precision },
      )
      const { discriminator } = initialState({}, settings)
      return calls.ready(discriminator!, { generated: image, real: image }, keyFor(0, 0, 'discriminator'), numbers)
    },
    autoencoder: () => readyLatents(model, image),
  }
  const taken = await seconds(() =>
    ready[part]().catch((error: Error) => {
      if (!/out of memory/.test(error.message)) throw error
      console.error(`${part}: compiled, but not run: ${error.message}`)
    }),
  )
  tell(`compile: ${part}`, taken, 's')
}

/** What an iteration went through since its beginning: seconds, and bytes at most. */
type Phases = Map<string, { seconds: number; peak: number }>

/** Ends a phase when what it computed is there, and begins the next. */
function stopwatch() {
  let began = performance.now()
  let phases: Phases = new Map()
  const resident = gpu ? undefined : watchResident
  let processPeak = resident?.()
  const start = () => {
    began = performance.now()
    phases = new Map()
    forgetPeak()
    processPeak = resident?.()
  }
  const end = (phase: string, result?: tf.Tensor) => {
    if (result) tf.tidy(() => tf.sum(result).dataSync())
    const peak = processPeak ? processPeak() * 2 ** 20 : (memory().device?.peak ?? 0)
    phases.set(phase, { seconds: (performance.now() - began) / 1000, peak })
    began = performance.now()
    forgetPeak()
    processPeak = resident?.()
  }
  return { start, end, phases: () => phases }
}

async function iterate(): Promise<void> {
  const made = performance.now()
  const { settings, start, tunable, weights, frozen } = prepare(false)
  tf.tidy(() => tf.sum(Object.values(start)[0]!).dataSync())
  tell('making the weights', (performance.now() - made) / 1000, 's')
  const parameters = Object.values(start).reduce((sum, { size }) => sum + size, 0)
  tell('tuned parameters', parameters / 1e6, 'million')
  tell('memory: autoencoder and DINOv2', mebibytes(frozen), 'MiB')
  tell('memory: weights', mebibytes(weights), 'MiB')
  const before = used()

  const watch = stopwatch()
  let readyBegan = 0
  let batches = 0
  const { data } = settings
  const watched: Tunable<PromptCondition> = {
    ...tunable,
    codec: {
      ...tunable.codec!,
      toLatents: images => {
        const latents = tunable.codec!.toLatents(images)
        watch.end('encode', latents)
        return latents
      },
      toImages: latents => {
        watch.end('rollout', latents)
        const images = tunable.codec!.toImages(latents)
        watch.end('decode', images)
        return images
      },
      pullBack: (latents, gradient) => {
        watch.end('discriminator and judgement', gradient)
        const pulled = tunable.codec!.pullBack(latents, gradient)
        watch.end("decoder's pull-back", pulled)
        return pulled
      },
    },
  }
  const counted: Settings = {
    ...settings,
    data: {
      ...data,
      images: async indices => {
        const images = await data.images(indices)
        // Where XLA compiles, the first batch is what all is made ready with.
        if (batches++ === (usesXla() ? 1 : 0)) {
          if (readyBegan) tell('first calls, compiled or from the cache', (performance.now() - readyBegan) / 1000, 's')
          tell("memory: AdamW's moments, discriminator", mebibytes(used() - before), 'MiB')
        }
        watch.start()
        return images
      },
    },
  }
  const seen: { updates: boolean; calls: number; pullBacks: number; phases: Phases }[] = []
  for await (const event of run(watched, start, counted)) {
    if (event.kind === 'compiling') readyBegan = performance.now()
    if (event.kind !== 'step') continue
    const updates = event.iteration % settings.H === 0
    watch.end(updates ? 'pull-backs and update' : 'discriminator')
    const steps = settings.sampler.steps.length
    const choice = chooseSteps(steps, settings.K, settings.seed, event.iteration, settings)
    const calls = steps - choice.start
    const pullBacks = new Set([choice.start, ...choice.sampled]).size
    const phases = watch.phases()
    seen.push({ updates, calls, pullBacks, phases })
    const label = `iteration ${event.iteration}${updates ? ', generator too' : ''}`
    tell(`${label}: calls of the network in the rollout`, calls, 'calls')
    if (updates) tell(`${label}: pull-backs`, pullBacks, 'calls')
    tell(label, event.seconds, 's')
    for (const [phase, { seconds, peak }] of phases) {
      tell(`${label}: ${phase}`, seconds, 's')
      tell(`${label}: ${phase}, memory at most`, mebibytes(peak), 'MiB')
    }
    tell(`${label}: memory between iterations`, mebibytes(used()), 'MiB')
    summarize(seen, settings)
  }
}

/** What an iteration takes with the mean length of a rollout, from all that were run, the first of each kind left out if it can be. */
function summarize(
  seen: readonly { updates: boolean; calls: number; pullBacks: number; phases: Phases }[],
  settings: Settings,
): void {
  const kind = (updates: boolean) => {
    const all = seen.filter(each => each.updates === updates)
    return all.length > 1 ? all.slice(1) : all
  }
  const [plain, updating] = [kind(false), kind(true)]
  if (plain.length === 0 || updating.length === 0) return
  const mean = (of: readonly { phases: Phases }[], phase: string) =>
    of.reduce((sum, { phases }) => sum + (phases.get(phase)?.seconds ?? 0), 0) / of.length
  const all = [...plain, ...updating]
  const perCall =
    all.reduce((sum, { phases }) => sum + phases.get('rollout')!.seconds, 0) /
    all.reduce((sum, { calls }) => sum + calls, 0)
  const steps = settings.sampler.steps.length
  const common = perCall * ((steps + 1) / 2) + mean(all, 'encode') + mean(all, 'decode')
  const withoutUpdate = common + mean(plain, 'discriminator')
  const ofUpdate = ['discriminator and judgement', "decoder's pull-back", 'pull-backs and update']
  const withUpdate = ofUpdate.reduce((sum, phase) => sum + mean(updating, phase), common)
  const every = 5
  tell('a call of the network with guidance', perCall, 's')
  tell('iteration without an update, mean rollout', withoutUpdate, 's')
  tell('iteration with an update, mean rollout', withUpdate, 's')
  tell(`iteration, mean of ${every} with one update`, ((every - 1) * withoutUpdate + withUpdate) / every, 's')
  const peak = Math.max(...all.flatMap(({ phases }) => [...phases.values()].map(({ peak }) => peak)))
  tell('memory at most', mebibytes(peak), 'MiB')
}
