/** What can stand for pictures in a cell: tensors, arrays with a shape, data sets. */

import type { Dataset } from '../data/index.js'
import type { Pixels } from '../views/index.js'

/** A tensor as TensorFlow.js has it, as far as it matters here. */
export interface TensorLike {
  readonly shape: readonly number[]
  dataSync(): ArrayLike<number>
}

/** Images [count, height, width, 3], or one [height, width, 3]: numbers in [−1, 1], or bytes. */
export type Pictures = TensorLike | Pixels

export function isPictures(value: unknown): value is Pictures {
  if (typeof value !== 'object' || value === null) return false
  const { shape, data, dataSync } = value as Partial<Pixels & TensorLike>
  const isBatch = Array.isArray(shape) && (shape.length === 3 || shape.length === 4) && shape[shape.length - 1] === 3
  return isBatch && (typeof dataSync === 'function' || ArrayBuffer.isView(data) || Array.isArray(data))
}

export function isDataset(value: unknown): value is Dataset {
  if (typeof value !== 'object' || value === null) return false
  const { items, images } = value as Partial<Dataset>
  return Array.isArray(items) && typeof images === 'function'
}

/** The numbers of pictures, fetched from the device if need be. */
export function pixelsOf(pictures: Pictures): Pixels {
  return 'dataSync' in pictures ? { data: pictures.dataSync(), shape: pictures.shape } : pictures
}
