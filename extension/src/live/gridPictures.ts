/** The samples that a run folder keeps as one picture, as records of the run's log. */

import { decode } from 'fast-png'
import { splitGrid } from '../../../src/data/grid.js'
import type { Picture } from '../../../src/views/stream.js'

/** Images of one size, one after the other: [count][height][width][3]. */
export interface Grid {
  readonly height: number
  readonly width: number
  readonly pixels: Uint8Array
}

/**
 * @param base64 a PNG
 * @param count how many images it holds
 * @returns undefined when it is no such grid: the file may be anything
 */
export function gridOf(base64: string, count: number): Grid | undefined {
  try {
    const { data, width, height, channels, depth } = decode(
      Uint8Array.from(atob(base64.replace(/\s/g, '')), character => character.charCodeAt(0)),
    )
    if (depth !== 8 || channels < 3) return undefined
    const images = splitGrid({ data: channels === 3 ? data : withoutAlpha(data, channels), width, height }, count)
    return images && { height: images.shape[1]!, width: images.shape[2]!, pixels: images.data }
  } catch {
    return undefined
  }
}

/** A record for each image of a grid of samples; none when it is no such grid. */
export function gridPictures(base64: string, of: number, iteration: number): Picture[] {
  const grid = gridOf(base64, of)
  if (!grid) return []
  const { height, width, pixels } = grid
  const length = height * width * 3
  return Array.from({ length: of }, (_, index) => ({
    kind: 'picture',
    ...{ iteration, index, of, height, width },
    pixels: pixels.slice(index * length, (index + 1) * length),
  }))
}

function withoutAlpha(data: ArrayLike<number>, channels: number): Uint8Array {
  return Uint8Array.from(
    { length: (data.length / channels) * 3 },
    (_, i) => data[Math.floor(i / 3) * channels + (i % 3)]!,
  )
}
