import { type EmojiStyle, emoji, emojiCaption, emojiNames, hashOf } from '../data/index.js'
import { randomUniform, tf } from '../tensorflow/index.js'

/**
 * All training images on the device, so that a step uploads nothing: row `style · names + name`.
 */
export interface EmojiBank {
  styles: readonly EmojiStyle[]
  names: readonly string[]
  size: number
  /** [styles · names, size · size · 3], −1 … 1 */
  pixels: tf.Tensor2D
  hash: string
}

/** Reads a split of some styles onto the device. */
export async function emojiBank(
  styles: readonly EmojiStyle[],
  split: 'train' | 'test',
  size: number,
  seed = 0,
): Promise<EmojiBank> {
  const data = emoji(styles, { size, split, seed })
  const names = emojiNames(split, seed)
  const images = await data.images(data.items.map((_, i) => i))
  return {
    styles,
    names,
    size,
    pixels: tf.tensor2d(images, [data.items.length, size * size * 3]),
    hash: hashOf([data.hash, ...names.map(emojiCaption)]),
  }
}

/** A random batch: for each image its style and name as numbers, and its row in the bank. */
export interface Draw {
  styles: tf.Tensor1D
  names: tf.Tensor1D
  rows: tf.Tensor1D
}

/**
 * The bounds that cut 0 … 1 into one interval for each of `styles`, as long as its share; no share is no interval.
 * A tensor, so that stages with different shares run the same compiled step.
 */
export function styleBounds(styles: readonly EmojiStyle[], shares: Partial<Record<EmojiStyle, number>>): tf.Tensor1D {
  const total = styles.reduce((sum, style) => sum + (shares[style] ?? 0), 0)
  let reached = 0
  return tf.tensor1d(
    styles.map(style => {
      reached += (shares[style] ?? 0) / total
      return reached
    }),
  )
}

/**
 * Draws names uniformly, and styles by their shares.
 * @param bounds from `styleBounds`
 * @param key int32 [2]
 */
export function drawBatch(names: number, bounds: tf.Tensor1D, batch: number, key: tf.Tensor1D): Draw {
  const draws = tf.split(randomUniform([batch, 2], key, 0, 1), 2, 1) as [tf.Tensor2D, tf.Tensor2D]
  // The last bound is 1 but for rounding; a draw beyond it must not name a style that is not there.
  const inner = bounds.slice(0, bounds.size - 1)
  const style = tf
    .greaterEqual(draws[0], inner.reshape([1, bounds.size - 1]))
    .toFloat()
    .sum(1)
  const name = tf.minimum(draws[1].reshape([batch]).mul(names).floor(), names - 1)
  return {
    styles: style.toInt() as tf.Tensor1D,
    names: name.toInt() as tf.Tensor1D,
    rows: style.mul(names).add(name).toInt() as tf.Tensor1D,
  }
}

/** Rows of a bank's pixels as images, [rows, size, size, 3]. */
export function imagesAt(pixels: tf.Tensor2D, rows: tf.Tensor1D, size: number): tf.Tensor4D {
  return tf.gather(pixels, rows).reshape([rows.size, size, size, 3])
}
