import { emojiCaption } from '../data/index.js'
import {
  clipText,
  type DiffusionModel,
  initClipText,
  initUnet2DCondition,
  sample,
  saveDiffusionModel,
  unet2DCondition,
} from '../models/index.js'
import { ddim, scheduleFromConfig } from '../samplers/index.js'
import { jit, randomKey, randomNormal, randomUniform, tf } from '../tensorflow/index.js'
import { drawBatch, emojiBank, imagesAt, styleBounds } from './emojiBank.js'
import { under, within } from './packing.js'
import { stylesOf, type TextToImageRecipe } from './recipe.js'
import type { StepInput, Task, Tensors } from './task.js'
import { textSide, tokenTable } from './text.js'

const samplePrompts = 16

/**
 * A text-to-image diffusion model in pixels: UNet2DConditionModel and CLIPTextModel trained together to predict the
 * noise (Ho et al. 2020, L_simple), some captions left out for guidance (Ho & Salimans 2022).
 */
export async function textToImage(recipe: TextToImageRecipe): Promise<Task> {
  const { size, batch, dropout, seed } = recipe
  const styles = stylesOf(recipe)
  const train = await emojiBank(styles, 'train', size)
  const test = await emojiBank(styles, 'test', size)
  const text = await textSide(train.names.map(emojiCaption), recipe.text)
  const schedule = scheduleFromConfig(recipe.scheduler)
  const unetConfig = recipe.unet
  const times = schedule.alphas.length

  // One more caption than names, the empty one, so that leaving a caption out is choosing that row.
  const tokens = (names: readonly string[]) => tokenTable(text, [...names.map(emojiCaption), ''])
  const tables = { alphas: tf.tensor1d([...schedule.alphas]), sigmas: tf.tensor1d([...schedule.sigmas]) }

  const lossOn = (names: number, leftOut: number) => (weights: Tensors, input: StepInput) => {
    const [batchKey, noiseKey, chanceKey] = input.keys as [tf.Tensor1D, tf.Tensor1D, tf.Tensor1D]
    const { pixels, captions, alphas, sigmas } = input.resident as Record<string, tf.Tensor>
    const draw = drawBatch(names, input.bounds, batch, batchKey)
    const images = imagesAt(pixels as tf.Tensor2D, draw.rows, size)
    const [chance, place] = tf.split(randomUniform([batch, 2], chanceKey, 0, 1), 2, 1)
    const empty = tf.less(chance!.reshape([batch]), leftOut).toInt()
    const caption = draw.names.mul(tf.sub(tf.scalar(1, 'int32'), empty)).add(empty.mul(tf.scalar(names, 'int32')))
    const t = tf.minimum(place!.reshape([batch]).mul(times).floor(), times - 1)
    const level = (table: tf.Tensor) => tf.gather(table, t.toInt()).reshape([batch, 1, 1, 1])
    const noise = randomNormal(images.shape, noiseKey)
    const noised = images.mul(level(alphas!)).add(noise.mul(level(sigmas!))) as tf.Tensor4D
    const ids = tf.gather(captions!, caption) as tf.Tensor2D
    const context = clipText(within(weights, 'text_encoder'), text.config, ids).lastHiddenState
    const predicted = unet2DCondition(within(weights, 'unet'), unetConfig, noised, t as tf.Tensor1D, context)
    return { loss: predicted.sub(noise).square().mean() as tf.Scalar, parts: {} }
  }

  const assemble = (weights: Tensors): DiffusionModel => ({
    network: { className: 'UNet2DConditionModel', config: unetConfig, weights: within(weights, 'unet') },
    textEncoders: [
      {
        className: 'CLIPTextModel',
        config: text.config,
        weights: within(weights, 'text_encoder'),
        tokenizer: text.tokenizer,
      },
    ],
    schedule,
    schedulerConfig: recipe.scheduler,
  })

  const testTokens = tokens(test.names)
  const heldOutLoss = jit(lossOn(test.names.length, 0))
  return {
    weights: {
      ...under('unet', initUnet2DCondition(unetConfig, seed)),
      ...under('text_encoder', initClipText(text.config, seed + 1)),
    },
    resident: { pixels: train.pixels, captions: tokens(train.names), ...tables },
    heldOut: [test.pixels, testTokens],
    dataHash: train.hash,
    keys: 3,
    loss: lossOn(train.names.length, dropout),
    async evaluate(weights) {
      const resident = { pixels: test.pixels, captions: testTokens, ...tables }
      const rounds = 4
      let sum = 0
      for (let round = 0; round < rounds; round++) {
        const keys = [0, 1, 2].map(key => randomKey(seed, 1, round, key))
        const bounds = styleBounds(styles, Object.fromEntries(styles.map(style => [style, 1])))
        const { loss } = heldOutLoss(weights, { keys, bounds, resident })
        sum += (await loss.data())[0]!
        tf.dispose([keys, bounds, loss])
      }
      return { 'held-out noise error': sum / rounds }
    },
    async samples(weights) {
      const prompts = Array.from({ length: samplePrompts }, (_, i) =>
        emojiCaption(train.names[Math.floor((i * train.names.length) / samplePrompts)]!),
      )
      const images = await sample(assemble(weights), { prompts, sampler: ddim(schedule, 20), guidance: 2, seed })
      const data = (await images.data()) as Float32Array
      images.dispose()
      return { data, shape: images.shape }
    },
    async save(folder, weights, metadata) {
      await saveDiffusionModel(assemble(weights), folder, { dtype: 'F16', metadata })
      return Object.values(weights).reduce((sum, tensor) => sum + tensor.size, 0)
    },
  }
}
