/** Images as records of a run's log: bytes, of a size that a connection bears. */

import type { JudgedRecord, Picture, Pixels, ReferencesRecord } from '../views/index.js'
import { shrink, toBytes } from '../views/index.js'
import { type Pictures, pixelsOf } from './pictures.js'

/** Pixels of a side that a page gets: larger pictures are made smaller by whole numbers. */
const largestSide = 512
/** Pictures of a set, and their captions. */
export const mostCaptions = 64

/** Each picture of a batch as a record of the run's log. */
export function picturesOf(pixels: Pixels, iteration: number): Picture[] {
  const { data, shape } = shrink(pixels, largestSide)
  const [count, height, width] = (shape.length === 3 ? [1, ...shape] : shape) as [number, number, number]
  const bytes = toBytes(data)
  const length = height * width * 3
  const of = Math.min(count, mostCaptions)
  return Array.from({ length: of }, (_, index) => ({
    kind: 'picture',
    iteration,
    index,
    of,
    height,
    width,
    pixels: bytes.slice(index * length, (index + 1) * length),
  }))
}

interface JudgedImages {
  readonly iteration: number
  readonly captions: readonly string[]
  readonly real: Pictures
  readonly generated: Pictures
  readonly realScores: readonly (number | null)[]
  readonly fakeScores: readonly (number | null)[]
}

/** Images of a judged batch that are kept. */
const mostJudged = 8
/** Judged images and references are for comparing many at a time: this wide at most. */
const mostAcross = 128

/** What the discriminator was shown, as a record of the run's log. */
export function judgedRecord({ iteration, captions, realScores, fakeScores, ...images }: JudgedImages): JudgedRecord {
  const count = Math.min(mostJudged, captions.length)
  const [real, generated] = [images.real, images.generated].map(batch => firstOf(batch, count)) as [Small, Small]
  const pixels = new Uint8Array(2 * real.pixels.length)
  pixels.set(real.pixels)
  pixels.set(generated.pixels, real.pixels.length)
  return {
    ...real,
    kind: 'judged' as const,
    iteration,
    captions: captions.slice(0, count),
    realScores: realScores.slice(0, count),
    fakeScores: fakeScores.slice(0, count),
    pixels,
  }
}

/** What the samples should near, as a record of the run's log. */
export function referencesRecord({
  images,
  prompts,
}: {
  images: Pictures
  prompts: readonly string[]
}): ReferencesRecord {
  const count = Math.min(mostCaptions, prompts.length)
  return { kind: 'references' as const, prompts: prompts.slice(0, count), ...firstOf(images, count) }
}

interface Small {
  readonly height: number
  readonly width: number
  readonly pixels: Uint8Array
}

/** The first images of a batch, small. */
function firstOf(batch: Pictures, count: number): Small {
  const { data, shape } = shrink(pixelsOf(batch), mostAcross)
  const [height, width] = shape.slice(-3) as [number, number]
  return { height, width, pixels: toBytes(data).slice(0, count * height * width * 3) }
}
