/** Pictures with captions for a cell. */

import type { Dataset } from '../data/index.js'
import { type ImagesOptions, type ImagesView, imagesView, viewBundle } from '../views/index.js'
import { type Displayable, displayable } from './host.js'
import { isDataset, type Pictures, pixelsOf } from './pictures.js'

export interface DatasetImagesOptions extends ImagesOptions {
  /** Which images; by default sixteen (eight where data sets are compared), evenly spread. */
  readonly indices?: readonly number[]
}

type Shown = ImagesView & Displayable

/**
 * Pictures in a grid, each with its caption. Small ones are enlarged with square pixels.
 *
 * A list shows one row for each of its members: tensors of equal shape, or data sets, which are read first.
 * @throws RangeError when captions and images differ in number, or the numbers are no RGB images
 */
export function images(source: Dataset | readonly Dataset[], options?: DatasetImagesOptions): Promise<Shown>
export function images(source: Pictures | readonly Pictures[], options?: ImagesOptions): Shown
export function images(
  source: Pictures | Dataset | readonly Pictures[] | readonly Dataset[],
  options: DatasetImagesOptions = {},
): Shown | Promise<Shown> {
  const sources = (Array.isArray(source) ? source : [source]) as readonly (Pictures | Dataset)[]
  if (sources.length > 0 && sources.every(isDataset)) return fromDatasets(sources, options)
  const batches = (sources as readonly Pictures[]).map(pixelsOf)
  const rows = Array.isArray(source) && batches[0]?.shape.length === 4 ? { columns: batches[0].shape[0]! } : {}
  return shown(imagesView(batches, { ...rows, ...options }))
}

async function fromDatasets(datasets: readonly Dataset[], options: DatasetImagesOptions): Promise<Shown> {
  const [first] = datasets as readonly [Dataset, ...Dataset[]]
  const several = datasets.length > 1
  const indices = options.indices ?? spread(Math.min(...datasets.map(({ items }) => items.length)), several ? 8 : 16)
  const batches = await Promise.all(
    datasets.map(async set => ({ data: await set.images(indices), shape: [indices.length, set.size, set.size, 3] })),
  )
  const textsOf = (set: Dataset) => indices.map(index => set.items[index]!.text)
  const texts = textsOf(first)
  const paired = several && datasets.every(set => textsOf(set).every((text, i) => text === texts[i]))
  const labels = several
    ? {
        columns: indices.length,
        rowLabels: datasets.map(({ name }) => name),
        ...(paired ? { columnLabels: texts } : { captions: datasets.flatMap(textsOf) }),
      }
    : { title: first.name, captions: texts }
  return shown(imagesView(batches, { ...labels, ...options }))
}

function shown(view: ImagesView): Shown {
  return displayable(view, () => viewBundle(view))
}

function spread(count: number, most: number): number[] {
  const length = Math.min(count, most)
  return Array.from({ length }, (_, i) => Math.floor((i * count) / length))
}
