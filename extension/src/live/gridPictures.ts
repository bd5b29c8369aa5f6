/** The samples that a run folder keeps as one picture, as records of the run's log. */

import { decode } from 'fast-png'
import { splitGrid } from '../../../src/data/grid.js'
import type { Picture } from '../../../src/views/stream.js'

/**
 * @param base64 a PNG
 * @param count how many images it holds
 * @returns nothing when it is no such grid: the file may be anything
 */
export function gridPictures(base64: string, count: number, iteration: number): Picture[] {
  let images: ReturnType<typeof splitGrid>
  try {
    const { data, width, height, channels, depth } = decode(
      Uint8Array.from(atob(base64.replace(/\s/g, '')), character => character.charCodeAt(0)),
    )
    if (depth !== 8 || channels < 3) return []
    images = splitGrid({ data: channels === 3 ? data : withoutAlpha(data, channels), width, height }, count)
  } catch {
    return []
  }
  if (!images) return []
  const [of, height, width] = images.shape
  const length = height * width * 3
  return Array.from({ length: of }, (_, index) => ({
    kind: 'picture',
    iteration,
    index,
    of,
    height,
    width,
    pixels: images.data.slice(index * length, (index + 1) * length),
  }))
}

function withoutAlpha(data: ArrayLike<number>, channels: number): Uint8Array {
  return Uint8Array.from(
    { length: (data.length / channels) * 3 },
    (_, i) => data[Math.floor(i / 3) * channels + (i % 3)]!,
  )
}
