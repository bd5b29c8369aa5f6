import { join } from 'node:path'
import { dinov2, initDinov2, writeJson } from '../models/index.js'
import { jit, randomKey, randomNormal, tf } from '../tensorflow/index.js'
import { augment } from './augment.js'
import { drawBatch, emojiBank, imagesAt } from './emojiBank.js'
import { under, within } from './packing.js'
import { type FeaturesRecipe, stylesOf } from './recipe.js'
import { preprocessor, saveHalf } from './saving.js'
import { accuracy, crossEntropy, imageNet, type StepInput, standardized, type Task, type Tensors } from './task.js'

/**
 * A Dinov2Model whose blocks tell emoji and artists apart. At each hooked block, the class token and the mean of the
 * patch tokens have to say which name and which style an augmented image is; these heads are dropped afterwards.
 * Asked at several depths because the discriminator reads at several depths, where texture and style still show.
 */
export async function features(recipe: FeaturesRecipe): Promise<Task> {
  const { size, batch, hooks, vision, seed } = recipe
  const styles = stylesOf(recipe)
  const train = await emojiBank(styles, 'train', size)
  const test = await emojiBank(styles, 'test', size)
  const names = train.names.length
  const width = Number(vision.hidden_size)

  /** One vector an image for each hooked block, [batch, 2 · width]. */
  const summaries = (weights: Tensors, images: tf.Tensor4D): tf.Tensor2D[] => {
    const { blocks } = dinov2(within(weights, 'dinov2'), vision, standardized(images, imageNet), { blocks: hooks })
    return blocks.map(tokens => {
      const [batch, count] = tokens.shape
      const first = tokens.slice([0, 0, 0], [batch, 1, width]).reshape([batch, width])
      const rest = tokens.slice([0, 1, 0], [batch, count - 1, width]).mean(1)
      return tf.concat([unit(first), unit(rest)], 1) as tf.Tensor2D
    })
  }
  const head = (weights: Tensors, name: string, x: tf.Tensor2D) =>
    tf.matMul(x, weights[`${name}.weight`] as tf.Tensor2D, false, true).add(weights[`${name}.bias`]!) as tf.Tensor2D

  const heads: Tensors = {}
  hooks.forEach((_, i) => {
    for (const [what, classes] of [
      ['name', names],
      ['style', styles.length],
    ] as const) {
      heads[`heads.${i}.${what}.weight`] = tf.tidy(() =>
        randomNormal([classes, 2 * width], randomKey(seed, 2, i)).mul(0.02),
      )
      heads[`heads.${i}.${what}.bias`] = tf.zeros([classes])
    }
  })

  const embed = jit((weights: Tensors, images: tf.Tensor4D) => {
    const all = summaries(weights, images)
    const last = all.length - 1
    return { summary: all[last]!, style: head(weights, `heads.${last}.style`, all[last]!) }
  })

  return {
    weights: { ...under('dinov2', initDinov2(vision, seed)), ...heads },
    resident: { pixels: train.pixels },
    heldOut: [test.pixels],
    dataHash: train.hash,
    keys: 2,
    loss(weights: Tensors, { keys, bounds, resident }: StepInput) {
      const draw = drawBatch(names, bounds, batch, keys[0]!)
      const images = augment(imagesAt(resident.pixels as tf.Tensor2D, draw.rows, size), recipe.augmentation, keys[1]!)
      const logits = summaries(weights, images).map((x, i) => ({
        name: head(weights, `heads.${i}.name`, x),
        style: head(weights, `heads.${i}.style`, x),
      }))
      const mean = (values: tf.Scalar[]) => tf.addN(values).div(values.length) as tf.Scalar
      const name = mean(logits.map(each => crossEntropy(each.name, draw.names)))
      const style = mean(logits.map(each => crossEntropy(each.style, draw.styles)))
      const last = logits[logits.length - 1]!
      return {
        loss: name.add(style) as tf.Scalar,
        parts: { name, style, 'name accuracy': accuracy(last.name, draw.names) },
      }
    },
    async evaluate(weights) {
      const count = test.names.length
      const embedded = styles.map((_, style) => {
        const rows = tf.range(style * count, (style + 1) * count, 1, 'int32') as tf.Tensor1D
        const images = imagesAt(test.pixels, rows, size)
        const result = embed(weights, images)
        tf.dispose([rows, images])
        return result
      })
      const figures = tf.tidy(() => {
        const styleHits = embedded.map(({ style }, i) => accuracy(style, tf.fill([count], i, 'int32')))
        const [a, b] = [embedded[0]!, embedded[embedded.length - 1]!].map(({ summary }) => centred(summary))
        const found = tf.matMul(a!, b!, false, true)
        const places = tf.range(0, count, 1, 'int32') as tf.Tensor1D
        return { style: tf.addN(styleHits).div(styleHits.length), pair: accuracy(found as tf.Tensor2D, places) }
      })
      const [style, pair] = [(await figures.style.data())[0]!, (await figures.pair.data())[0]!]
      tf.dispose([embedded, figures])
      return {
        'held-out style accuracy': style,
        [`held-out names found again, ${styles[0]} to ${styles[styles.length - 1]}`]: pair,
      }
    },
    async save(folder, weights, metadata) {
      const config = { ...vision, architectures: ['Dinov2Model'], model_type: 'dinov2' }
      const parameters = await saveHalf(folder, config, within(weights, 'dinov2'), metadata)
      await writeJson(join(folder, 'preprocessor_config.json'), preprocessor('BitImageProcessor', size, imageNet))
      return parameters
    },
  }
}

/** Each row with mean 0 and variance 1: a layer norm without parameters. */
function unit(x: tf.Tensor): tf.Tensor {
  const centre = x.sub(x.mean(-1, true))
  return centre.div(centre.square().mean(-1, true).add(1e-6).sqrt())
}

/** Rows of length 1 after the mean row, which here is mostly the style, has been taken away. */
function centred(x: tf.Tensor2D): tf.Tensor2D {
  const moved = x.sub(x.mean(0, true))
  return moved.div(moved.norm(2, 1, true)) as tf.Tensor2D
}
