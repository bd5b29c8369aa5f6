/** Our side of the embedded bench: sampling, and iterations of Algorithm 1, with the models that ship. */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as adt from '../../../src/index.js'
import { tf } from '../../../src/tensorflow/index.js'
import { createAdt } from '../../../src/tuning/adt.js'
import {
  batchIndices,
  chooseSteps,
  fetchNumbers,
  keyFor,
  learningRate,
  type Settings,
  type TuneState,
  tunable,
} from '../../../src/tuning/index.js'
import { scope } from '../../../src/tuning/scope.js'
import { disposeReplaced, initialState } from '../../../src/tuning/state.js'
import { optimizerOf } from '../../../src/tuning/trainer.js'
import type { EmbeddedSettings } from '../embeddedSettings.js'
import { spots } from './numbers.js'
import { seconds, serve } from './serve.js'

const model = await adt.load('emoji')
const features = await adt.loadFeatures()
const data = adt.emoji('fluent-flat')
const seed = 0
/** Measures the part that was prepared last. */
let measure: (() => Promise<Record<string, number>>) | undefined

await serve({
  async prepare(settings: EmbeddedSettings & { part: 'sampling' | 'iteration'; folder: string }) {
    return settings.part === 'sampling' ? prepareSampling(settings) : prepareIteration(settings)
  },
  measure: () => measure!(),
})

async function prepareSampling({ batch, steps, guidance, folder }: EmbeddedSettings & { folder: string }) {
  const sampler = adt.ddim(model.schedule, steps)
  const prompts = data.items.slice(0, batch).map(({ text }) => text)
  const draw = () => adt.sample(model, { prompts, sampler, guidance, seed })
  await save(join(folder, 'sampling.safetensors'), {
    noise: adt.randomNormal([batch, data.size, data.size, 3], adt.randomKey(seed)),
    ids: tokens(['', ...prompts]),
  })
  writeFileSync(join(folder, 'plan.json'), JSON.stringify(sampler))
  const images = await draw()
  const check = { images: spots(images) }
  images.dispose()
  measure = async () => ({
    ms:
      1000 *
      (await seconds(async () => {
        const images = await draw()
        await images.data()
        images.dispose()
      })),
  })
  return { check }
}

/**
 * The iterations are the trainer's own, taken one by one: of all whose run starts in the middle of the sampler one that
 * updates the generator, from the start step and K others, and one that does not.
 */
async function prepareIteration({ batch, steps, guidance, K, folder }: EmbeddedSettings & { folder: string }) {
  const sampler = adt.ddim(model.schedule, steps)
  // Without the extra pull-back that measures both terms' norms apart.
  const settings = adt.parseSettings({ data, sampler, features, K, batch, guidance, normsEvery: 0, seed })
  const { generator, discriminator } = iterationsFor(settings)
  const iterate = createAdt(tunable(model), settings)
  const captionsOf = (iteration: number) => batchIndices(data.items.length, batch, seed, iteration)
  let state = initialState(model.network.weights, settings)

  /** One iteration as the trainer's loop does it: batch, iteration, the old state's tensors, the numbers for the log. */
  const run = async (iteration: number) => {
    const indices = captionsOf(iteration)
    const captions = indices.map(index => data.items[index]!.text)
    const pixels = await data.images(indices)
    const { state: next, measured } = scope(() =>
      iterate(state, iteration, { captions, image: tf.tensor4d(pixels, [batch, data.size, data.size, 3]) }, settings),
    )
    disposeReplaced(state, next)
    state = next
    return fetchNumbers(measured.tensors)
  }

  await describeIteration(generator, settings, state, captionsOf(generator), folder)
  const numbers = await run(generator)
  await run(discriminator)
  measure = async () => {
    const ofGenerator = 1000 * (await seconds(() => run(generator)))
    const ofDiscriminator = 1000 * (await seconds(() => run(discriminator)))
    const { H } = settings
    return {
      'generator updated': ofGenerator,
      'discriminator alone': ofDiscriminator,
      [`mean at H = ${H}`]: (ofGenerator + (H - 1) * ofDiscriminator) / H,
    }
  }
  return { check: numbers }
}

/** The two iterations' numbers. */
function iterationsFor({ sampler, K, H, seed, iterations }: Settings): { generator: number; discriminator: number } {
  const middle = Math.floor(sampler.steps.length / 2)
  const suitable = (iteration: number) => {
    const { start, sampled } = chooseSteps(sampler.steps.length, K, seed, iteration)
    return start === middle && sampled.length === K && !sampled.includes(start)
  }
  const all = Array.from({ length: iterations }, (_, i) => i + 1).filter(suitable)
  return {
    generator: all.find(iteration => iteration % H === 0)!,
    discriminator: all.find(iteration => iteration % H !== 0)!,
  }
}

/** Writes down all that the peer needs to do the same iteration with the same random choices. */
async function describeIteration(
  iteration: number,
  settings: Settings,
  { discriminator }: TuneState,
  indices: number[],
  folder: string,
): Promise<void> {
  const { sampler, K, H, batch, guidance, lambda, adversarialWeight, average } = settings
  const size = data.size
  const choice = chooseSteps(sampler.steps.length, K, seed, iteration)
  const draws = (['discriminator', 'generator'] as const).flatMap(stream =>
    [0, 1, 2].flatMap(role => {
      const key = tf.add(keyFor(seed, iteration, stream), tf.tensor1d([0, role], 'int32')) as tf.Tensor1D
      return Object.entries(adt.drawAugment(batch, size, size, key)).map(
        ([name, tensor]) => [`draws.${stream}.${role}.${name}`, tensor as tf.Tensor] as const,
      )
    }),
  )
  const { online, twin } = discriminator!.weights
  await save(join(folder, 'iteration.safetensors'), {
    image: tf.tensor4d(await data.images(indices), [batch, size, size, 3]),
    noise: adt.randomNormal([batch, size, size, 3], keyFor(seed, iteration, 'noise')),
    ids: tokens(['', ...indices.map(index => data.items[index]!.text)]),
    ...Object.fromEntries(draws),
    ...prefixed('online.', online),
    ...prefixed('twin.', twin),
  })
  const optimizer = (network: 'generator' | 'discriminator', step: number) => ({
    ...optimizerOf(settings, network),
    step,
    rate: learningRate(
      { rate: settings.learningRate[network], warmup: settings.warmup[network], decay: settings.decay },
      iteration,
      settings.iterations,
    ),
  })
  const description = {
    plan: sampler,
    ...choice,
    weights: adt.backwardWeights(sampler, settings.path, choice.start),
    generator: optimizer('generator', iteration / H),
    discriminator: optimizer('discriminator', iteration),
    settings: { guidance, lambda, adversarialWeight, average, H, heads: settings.discriminator },
  }
  writeFileSync(join(folder, 'iteration.json'), JSON.stringify(description))
}

function tokens(texts: string[]): tf.Tensor2D {
  const { tokenizer } = model.textEncoders[0]!
  return tf.tensor2d(tokenizer.encode(texts), [texts.length, tokenizer.maxLength], 'int32')
}

function prefixed(prefix: string, weights: adt.Weights): adt.Weights {
  return Object.fromEntries(Object.entries(weights).map(([name, tensor]) => [prefix + name, tensor]))
}

async function save(file: string, tensors: Record<string, tf.Tensor>): Promise<void> {
  const entries = Object.entries(tensors).map(([name, tensor]) => {
    const dtype = tensor.dtype === 'int32' ? ('I32' as const) : ('F32' as const)
    return [name, { dtype, shape: tensor.shape, data: tensor.dataSync() as Float32Array }] as const
  })
  await adt.writeSafetensors(file, Object.fromEntries(entries))
}
