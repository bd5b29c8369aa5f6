import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { hashOf } from './dataset.js'
import { cacheFolder, packageFacts, writeCached } from './files.js'

/** The four artists, by the npm package that holds their drawings as SVG. */
export const emojiPackages = {
  noto: '@iconify-json/noto',
  twemoji: '@iconify-json/twemoji',
  'fluent-flat': '@iconify-json/fluent-emoji-flat',
  fluent: '@iconify-json/fluent-emoji',
} as const

export type EmojiStyle = keyof typeof emojiPackages

export const emojiStyles = Object.keys(emojiPackages) as EmojiStyle[]

interface Icon {
  body: string
  width?: number
  height?: number
  left?: number
  top?: number
}

interface IconSet {
  icons: Record<string, Icon>
  width?: number
  height?: number
}

/** What is known about the drawings without reading them: 140 MB of JSON stay on disk. */
export interface EmojiIndex {
  /** The names that all four artists have drawn, skin tones left out, sorted. */
  names: string[]
  /** Per style, SHA-256 over the names' SVG sources. */
  hashes: Record<EmojiStyle, string>
}

const require = createRequire(import.meta.url)

/** The version of a dependency, which package.json pins exactly; so a warm cache needs nothing else. */
const pinned = (name: string): string => packageFacts().dependencies[name]!

// Only for as long as one call needs it: the largest set is 99 MB as text.
function readIcons(style: EmojiStyle): IconSet {
  const name = emojiPackages[style]
  let file: string
  try {
    file = require.resolve(`${name}/icons.json`)
  } catch (error) {
    throw new Error(`emoji: the package ${name} with the drawings is not installed; run npm ci`, { cause: error })
  }
  return JSON.parse(readFileSync(file, 'utf8')) as IconSet
}

function svg(set: IconSet, name: string, size: number): string {
  const icon = set.icons[name]!
  const width = icon.width ?? set.width ?? 16
  const height = icon.height ?? set.height ?? 16
  const box = `${icon.left ?? 0} ${icon.top ?? 0} ${width} ${height}`
  const names = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
  return `<svg ${names} viewBox="${box}" width="${size}" height="${size}">${icon.body}</svg>`
}

let index: EmojiIndex | undefined

/** The common names and the sources' hashes; read from the cache unless a package has changed. */
export function emojiIndex(): EmojiIndex {
  if (index) return index
  const name = join('emoji', `index-${emojiStyles.map(style => pinned(emojiPackages[style])).join('-')}.json`)
  const file = join(cacheFolder(), name)
  if (existsSync(file)) {
    index = JSON.parse(readFileSync(file, 'utf8')) as EmojiIndex
    return index
  }
  const sets = emojiStyles.map(readIcons)
  const names = Object.keys(sets[0]!.icons)
    .filter(name => !name.includes('skin-tone') && sets.every(set => name in set.icons))
    .sort()
  const hashes = Object.fromEntries(
    emojiStyles.map((style, i) => [style, hashOf(names.map(name => svg(sets[i]!, name, 0)))]),
  ) as Record<EmojiStyle, string>
  index = { names, hashes }
  writeCached(name, JSON.stringify(index))
  return index
}

// Filters and clip paths are not smoothed at a drawing's edges: draw large, then reduce.
const supersampling = 4

/** Every common name drawn by one artist, RGB bytes on white, [names, size, size, 3]; kept in the cache. */
export async function emojiPixels(style: EmojiStyle, size: number): Promise<Uint8Array> {
  const { names, hashes } = emojiIndex()
  const length = size * size * 3
  // The rasteriser's version is part of the key: another one may round edges differently.
  const key = `${style}-${size}x${supersampling}-${hashes[style].slice(0, 12)}-${pinned('sharp')}`
  const name = join('emoji', `${key}.rgb`)
  const file = join(cacheFolder(), name)
  if (existsSync(file)) {
    const bytes = readFileSync(file)
    if (bytes.length === names.length * length) return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)
  }
  const { default: sharp } = await import('sharp')
  const set = readIcons(style)
  const pixels = new Uint8Array(names.length * length)
  let next = 0
  const worker = async () => {
    while (next < names.length) {
      const at = next++
      const large = svg(set, names[at]!, size * supersampling)
      const drawing = sharp(Buffer.from(large)).resize(size, size, { fit: 'fill' })
      pixels.set(await drawing.flatten({ background: '#ffffff' }).toColourspace('srgb').raw().toBuffer(), at * length)
    }
  }
  await Promise.all(Array.from({ length: availableParallelism() }, worker))
  writeCached(name, pixels)
  return pixels
}
