import { join } from 'node:path'
import { type EmojiStyle, emojiCaption } from '../data/index.js'
import { clipModel, initClipModel, writeJson } from '../models/index.js'
import { jit, randomUniform, tf } from '../tensorflow/index.js'
import { augment } from './augment.js'
import { drawBatch, emojiBank, imagesAt } from './emojiBank.js'
import { under, within } from './packing.js'
import { type ClipRecipe, stylesOf } from './recipe.js'
import { preprocessor, saveHalf } from './saving.js'
import { accuracy, clipStatistics, type StepInput, standardized, type Task, type Tensors } from './task.js'
import { textSide, tokenTable } from './text.js'
import { writeTokenizer } from './tokenizer.js'

/** A caption that also says who drew it: `fluent flat red apple`. */
export function styledCaption(style: EmojiStyle, name: string): string {
  return `${style.replaceAll('-', ' ')} ${emojiCaption(name)}`
}

/**
 * A CLIPModel for measuring (Radford et al. 2021): images and captions of one emoji end up close together. Half of the
 * captions name the artist too, so that image embeddings keep the style, which a Fréchet distance has to see.
 * A batch can hold several images that fit a caption; the targets are then shared among them.
 */
export async function clip(recipe: ClipRecipe): Promise<Task> {
  const { size, batch, seed } = recipe
  const styles = stylesOf(recipe)
  const train = await emojiBank(styles, 'train', size)
  const test = await emojiBank(styles, 'test', size)
  // Captions without the style first, then those of each style, as the images are ordered.
  const captions = (names: readonly string[]) => [
    ...names.map(emojiCaption),
    ...styles.flatMap(style => names.map(name => styledCaption(style, name))),
  ]
  const text = await textSide(captions(train.names), recipe.text)
  const config = {
    text_config: { ...text.config, projection_dim: recipe.projection },
    vision_config: { ...recipe.vision, projection_dim: recipe.projection },
    projection_dim: recipe.projection,
    logit_scale_init_value: Math.log(1 / 0.07),
  }
  const names = train.names.length
  const tokens = tokenTable(text, captions(train.names))
  const testTokens = tokenTable(text, captions(test.names))

  const embed = (weights: Tensors, images: tf.Tensor4D, ids: tf.Tensor2D) => {
    const { imageEmbeds, textEmbeds } = clipModel(
      within(weights, 'clip'),
      config,
      standardized(images, clipStatistics),
      ids,
    )
    return { images: imageEmbeds, texts: textEmbeds }
  }
  const embedHeldOut = jit(embed)

  return {
    weights: under('clip', initClipModel(config, seed)),
    resident: { pixels: train.pixels, tokens },
    heldOut: [test.pixels, testTokens],
    dataHash: train.hash,
    keys: 3,
    loss(weights: Tensors, { keys, bounds, resident }: StepInput) {
      const draw = drawBatch(names, bounds, batch, keys[0]!)
      const styled = tf.less(randomUniform([batch], keys[1]!, 0, 1), 0.5).toFloat()
      const block = draw.styles.toFloat().add(1).mul(styled)
      const ids = tf.gather(resident.tokens!, block.mul(names).add(draw.names.toFloat()).toInt()) as tf.Tensor2D
      const images = augment(imagesAt(resident.pixels as tf.Tensor2D, draw.rows, size), recipe.augmentation, keys[2]!)
      const embedded = embed(weights, images, ids)
      const scale = weights['clip.logit_scale']!.minimum(Math.log(100)).exp()
      const logits = tf.matMul(embedded.images, embedded.texts, false, true).mul(scale) as tf.Tensor2D
      const fits = matches(draw.names, draw.styles, styled as tf.Tensor1D)
      const toText = softCrossEntropy(logits, fits)
      const toImage = softCrossEntropy(tf.transpose(logits), tf.transpose(fits))
      const best = tf.oneHot(logits.argMax(1).toInt(), batch)
      return {
        loss: toText.add(toImage).div(2) as tf.Scalar,
        parts: { accuracy: best.mul(fits).sum(1).mean() as tf.Scalar, scale: scale as tf.Scalar },
      }
    },
    async evaluate(weights) {
      const count = test.names.length
      const places = tf.range(0, count, 1, 'int32') as tf.Tensor1D
      const hits: tf.Scalar[] = []
      for (let style = 0; style < styles.length; style++) {
        const rows = tf.range(style * count, (style + 1) * count, 1, 'int32') as tf.Tensor1D
        const images = imagesAt(test.pixels, rows, size)
        const ids = testTokens.slice([0, 0], [count, recipe.text.length])
        const { images: seen, texts } = embedHeldOut(weights, images, ids)
        hits.push(tf.tidy(() => accuracy(tf.matMul(seen, texts, false, true), places)))
        tf.dispose([rows, images, ids, seen, texts])
      }
      const mean = tf.tidy(() => tf.addN(hits).div(hits.length))
      const found = (await mean.data())[0]!
      tf.dispose([places, hits, mean])
      return { [`held-out captions found, 1 of ${count}`]: found }
    },
    async save(folder, weights, metadata) {
      const parameters = await saveHalf(
        folder,
        { ...config, architectures: ['CLIPModel'], model_type: 'clip' },
        within(weights, 'clip'),
        metadata,
      )
      writeTokenizer(folder, text.files)
      await writeJson(
        join(folder, 'preprocessor_config.json'),
        preprocessor('CLIPImageProcessor', size, clipStatistics),
      )
      return parameters
    },
  }
}

/**
 * Which caption (column) fits which image (row): the same name, and the same style where the caption gives one.
 * @param styled 1 for captions that give a style, 0 for the others
 */
function matches(names: tf.Tensor1D, styles: tf.Tensor1D, styled: tf.Tensor1D): tf.Tensor2D {
  const size = names.size
  const equal = (x: tf.Tensor1D) => tf.equal(x.reshape([size, 1]), x.reshape([1, size])).toFloat()
  const anyStyle = tf.sub(1, styled).reshape([1, size])
  return equal(names).mul(tf.maximum(equal(styles), anyStyle)) as tf.Tensor2D
}

/** Cross-entropy of each row against the columns that fit it, in equal shares. */
function softCrossEntropy(logits: tf.Tensor2D, fits: tf.Tensor2D): tf.Scalar {
  const targets = fits.div(fits.sum(1, true))
  return tf.logSoftmax(logits).mul(targets).sum(1).mean().neg() as tf.Scalar
}
