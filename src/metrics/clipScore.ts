import { mean } from 'simple-statistics'

/**
 * Cosines of paired embeddings, in double precision.
 * @param images one embedding an image
 * @param texts one embedding a text, the i-th for the i-th image
 * @throws RangeError when they don't pair up
 */
export function pairedCosines(images: ArrayLike<number>[], texts: ArrayLike<number>[]): number[] {
  if (images.length !== texts.length) {
    throw new RangeError(`text score: ${images.length} images, but ${texts.length} texts`)
  }
  return images.map((image, i) => cosine(image, texts[i]!))
}

/** CLIP score (Hessel et al. 2021, in the percent of today's tools): the mean of max(100·cosine, 0). */
export function clipScore(cosines: number[]): number {
  return mean(cosines.map(value => Math.max(100 * value, 0)))
}

/** HPSv2's figure for a set of images: the mean cosine of the preference model, in percent, never clamped. */
export function hpsPercent(cosines: number[]): number {
  return 100 * mean(cosines)
}

function cosine(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) throw new RangeError(`text score: embeddings of ${a.length} and ${b.length} numbers`)
  let product = 0
  let squareA = 0
  let squareB = 0
  for (let i = 0; i < a.length; i++) {
    product += a[i]! * b[i]!
    squareA += a[i]! ** 2
    squareB += b[i]! ** 2
  }
  return product / Math.sqrt(squareA * squareB)
}
