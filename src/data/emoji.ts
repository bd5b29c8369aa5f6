import { createDataset, type Dataset, hashOf, shuffled } from './dataset.js'
import { type EmojiStyle, emojiIndex, emojiPixels, emojiStyles } from './emojiSource.js'

export interface EmojiOptions {
  /** Height and width in pixels. */
  size?: number
  /** One name in ten is held out for testing, the same names in every style. Without it: all names. */
  split?: 'train' | 'test'
  /** Fixes which names are held out. */
  seed?: number
}

/** The caption of a name: `red-apple` → `red apple`. */
export function emojiCaption(name: string): string {
  return name.replaceAll('-', ' ')
}

/** The names of a split in alphabetical order; `train` and `test` together are all of them. */
export function emojiNames(split?: 'train' | 'test', seed = 0): string[] {
  const { names } = emojiIndex()
  if (split === undefined) return names
  const heldOut = new Set(shuffled(names.length, seed).slice(0, Math.round(names.length / 10)))
  return names.filter((_, i) => heldOut.has(i) === (split === 'test'))
}

/**
 * Emoji as drawn by one artist, or by several: about 1,560 names that all four have drawn, on white.
 * The caption is the name alone, whatever the style. Items are ordered by style, then by name; the id is `style/name`.
 *
 * @param style `noto`, `twemoji`, `fluent-flat`, `fluent`, or a list of them
 * @throws RangeError for an unknown style or size; Error when the packages with the drawings are not installed
 */
export function emoji(style: EmojiStyle | readonly EmojiStyle[], options: EmojiOptions = {}): Dataset {
  const { size = 32, split, seed = 0 } = options
  const styles = typeof style === 'string' ? [style] : style
  const unknown = styles.find(name => !emojiStyles.includes(name))
  if (unknown !== undefined || styles.length === 0) {
    throw new RangeError(`emoji: style must be one of ${emojiStyles.join(', ')}, not ${unknown ?? 'an empty list'}`)
  }
  if (!Number.isInteger(size) || size < 4 || size > 1024) {
    throw new RangeError(`emoji: size must be a whole number from 4 to 1024, not ${size}`)
  }
  if (split !== undefined && split !== 'train' && split !== 'test') {
    throw new RangeError(`emoji: split must be train or test, not ${String(split)}`)
  }
  const index = emojiIndex()
  const names = emojiNames(split, seed)
  const items = styles.flatMap(artist => names.map(name => ({ id: `${artist}/${name}`, text: emojiCaption(name) })))
  return createDataset({
    name: `emoji ${styles.join(' + ')}${split === undefined ? '' : `, ${split}`}`,
    items,
    size,
    hash: hashOf([`${size}`, ...styles.map(artist => index.hashes[artist]), ...names]),
    read: async () => {
      const length = size * size * 3
      const rows = new Map(index.names.map((name, row) => [name, row]))
      const pixels = new Uint8Array(items.length * length)
      let at = 0
      for (const artist of styles) {
        const drawn = await emojiPixels(artist, size)
        for (const name of names) {
          const row = rows.get(name)!
          pixels.set(drawn.subarray(row * length, (row + 1) * length), at)
          at += length
        }
      }
      return pixels
    },
  })
}
