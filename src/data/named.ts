import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Dataset } from './dataset.js'
import { emoji } from './emoji.js'
import { type EmojiStyle, emojiStyles } from './emojiSource.js'
import { imageFolder } from './imageFolder.js'

/**
 * The data set that options and study files name.
 * @param source emoji styles joined by `+` (`noto+twemoji`), an image folder, or a folder with image folders train and test
 * @param split the captions to learn from, or those held out; all without it. An image folder by itself is not split
 * @throws RangeError saying what the source could be
 */
export function namedData(source: string, size: number, split?: 'train' | 'test'): Dataset {
  const words = source.split('+')
  const styles = words.filter((word): word is EmojiStyle => (emojiStyles as string[]).includes(word))
  if (styles.length === words.length) return emoji(styles, { size, ...(split && { split }) })
  const known = `emoji style${styles.length > 0 ? 's' : ''} (${emojiStyles.join(', ')})`
  if (styles.length > 0) throw new RangeError(`${source} mixes ${known} with something else`)
  if (!existsSync(source)) throw new RangeError(`${source} is neither an ${known} nor an image folder`)
  const own = split && join(source, split)
  return imageFolder(own && existsSync(own) ? own : source, { size })
}
