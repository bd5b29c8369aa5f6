/** The images view: pictures with captions, in a grid. */

import { type ImagesView, viewVersion } from './schema.js'
import { encodeTiles, type Pixels } from './tiles.js'

export interface ImagesOptions {
  readonly title?: string
  /** One a picture, under it. */
  readonly captions?: readonly string[]
  /** Pictures a row; as many as fit 8 by default. */
  readonly columns?: number
  /** Width of a picture on the screen in pixels; by default 96 for small images, else their own up to 256. */
  readonly width?: number
  readonly columnLabels?: readonly string[]
  readonly rowLabels?: readonly string[]
}

const mostColumns = 8
/** Images up to this width are pixel art to a screen: enlarge them without smoothing. */
const smallest = 96

/**
 * Pictures with captions.
 * @param pixels one batch, or several of the same size after another
 * @throws RangeError when the images are no RGB batch or captions and images differ in number
 */
export function imagesView(pixels: Pixels | readonly Pixels[], options: ImagesOptions = {}): ImagesView {
  const batches = Array.isArray(pixels) ? (pixels as readonly Pixels[]) : [pixels as Pixels]
  const pictures = batches.flatMap(encodeTiles)
  if (pictures.length === 0) throw new RangeError('there are no images to show')
  const { title, captions, columnLabels, rowLabels } = options
  if (captions && captions.length !== pictures.length) {
    throw new RangeError(`there are ${pictures.length} images but ${captions.length} captions`)
  }
  const across = batches[0]!.shape[batches[0]!.shape.length - 2]!
  const columns = options.columns ?? columnLabels?.length ?? Math.min(mostColumns, pictures.length)
  return {
    version: viewVersion,
    view: 'images',
    ...(title ? { title } : {}),
    columns,
    width: options.width ?? (across < smallest ? smallest : Math.min(256, across)),
    pixelated: across < smallest,
    tiles: pictures.map((image, i) => (captions ? { image, caption: captions[i]! } : { image })),
    ...(columnLabels ? { columnLabels: [...columnLabels] } : {}),
    ...(rowLabels ? { rowLabels: [...rowLabels] } : {}),
  }
}
