import { type Dataset, namedData } from '../data/index.js'
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
  try {
    return namedData(source, size, split)
  } catch (error) {
    if (error instanceof RangeError) throw new UsageError(`${option}: ${error.message}`)
    throw error
  }
}
