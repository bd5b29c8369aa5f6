import { existsSync } from 'node:fs'
import { type Dataset, type EmojiStyle, emoji, emojiStyles, imageFolder } from '../data/index.js'
import { UsageError } from './errors.js'

/**
 * The data set that an option names.
 * @param source emoji styles joined by `+` (`noto+twemoji`), or an image folder
 * @param split for emoji: the names to learn from, or those held out
 * @param option that named it, for errors
 */
export function openData(
  source: string,
  size: number,
  split: 'train' | 'test' | undefined,
  option = '--data',
): Dataset {
  const words = source.split('+')
  const styles = words.filter((word): word is EmojiStyle => (emojiStyles as string[]).includes(word))
  if (styles.length === words.length) return emoji(styles, { size, ...(split && { split }) })
  if (styles.length > 0) {
    throw new UsageError(`${option}: ${source} mixes emoji styles (${emojiStyles.join(', ')}) with something else`)
  }
  if (!existsSync(source)) {
    throw new UsageError(
      `${option}: ${source} is neither an emoji style (${emojiStyles.join(', ')}) nor an image folder`,
    )
  }
  return imageFolder(source, { size })
}

/**
 * Height and width of the images that a model makes.
 * @param shape of its latents, [height, width, channels]
 * @throws Error when they are no RGB images
 */
export function imageSize([height, width, channels]: readonly [number, number, number]): number {
  if (channels === 3 && height === width) return height
  throw new Error(
    `the model draws ${height}×${width} latents of ${channels} channels; only square RGB images work here`,
  )
}
