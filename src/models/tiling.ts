import { tf } from '../tensorflow/index.js'

/** How an image is cut into tiles that overlap, and put together again; lengths in pixels, of the side given or made. */
export interface Tiling {
  /** side of a tile that goes in */
  tile: number
  /** from a tile's start to the next one's */
  step: number
  /** over so many pixels that come out a tile fades into the next */
  blend: number
  /** so many pixels of a tile that comes out are its own */
  keep: number
}

/**
 * A function of one tile after the other, as diffusers' autoencoders do it (`tiled_encode`, `tiled_decode`): memory for a
 * tile instead of the image. What is far apart no longer sees each other, so the result is not quite the same.
 *
 * @param image [1, H, W, C]
 * @param f of a tile; those at the right and bottom end may be smaller
 */
export function inTiles(image: tf.Tensor4D, tiling: Tiling, f: (tile: tf.Tensor4D) => tf.Tensor4D): tf.Tensor4D {
  return tf.tidy(() =>
    together(
      cut(image, tiling).map(row => row.map(({ tile }) => f(tile))),
      tiling,
    ),
  )
}

/**
 * The pull-back of `inTiles`.
 *
 * @param gradient ∂L/∂(the result)
 * @param shapeOf what comes of a tile
 * @param pullBack ∂L/∂tile from a tile and ∂L/∂(its result)
 * @returns ∂L/∂image
 */
export function pullBackInTiles(
  image: tf.Tensor4D,
  gradient: tf.Tensor4D,
  tiling: Tiling,
  shapeOf: (tile: tf.Tensor4D) => [number, number, number, number],
  pullBack: (tile: tf.Tensor4D, gradient: tf.Tensor4D) => tf.Tensor4D,
): tf.Tensor4D {
  return tf.tidy(() => {
    const tiles = cut(image, tiling)
    const columns = tiles[0]!.length
    // Putting together is linear: its pull-back is the same at any values.
    const zeros = tiles.flatMap(row => row.map(({ tile }) => tf.zeros(shapeOf(tile)) as tf.Tensor4D))
    const gradients = tf.grads((...made: tf.Tensor[]) => {
      const rows = tiles.map((_, i) => made.slice(i * columns, (i + 1) * columns) as tf.Tensor4D[])
      return tf.sum(tf.mul(together(rows, tiling), gradient))
    })(zeros) as tf.Tensor4D[]
    const [, height, width] = image.shape
    const shares = tiles.flatMap((row, i) =>
      row.map(({ tile, top, left }, j) => {
        const pulled = pullBack(tile, gradients[i * columns + j]!)
        const [, rows, across] = pulled.shape
        return tf.pad(pulled, [
          [0, 0],
          [top, height - top - rows],
          [left, width - left - across],
          [0, 0],
        ])
      }),
    )
    return tf.addN(shares) as tf.Tensor4D
  })
}

function cut(image: tf.Tensor4D, { tile, step }: Tiling) {
  const [batch, height, width, channels] = image.shape
  const starts = (length: number) => Array.from({ length: Math.ceil(length / step) }, (_, i) => i * step)
  return starts(height).map(top =>
    starts(width).map(left => {
      const size: [number, number] = [Math.min(tile, height - top), Math.min(tile, width - left)]
      return { top, left, tile: tf.slice(image, [0, top, left, 0], [batch, ...size, channels]) }
    }),
  )
}

function together(tiles: tf.Tensor4D[][], { blend, keep }: Tiling): tf.Tensor4D {
  const blended: tf.Tensor4D[][] = []
  const rows = tiles.map((row, i) => {
    blended.push([])
    const kept = row.map((tile, j) => {
      const above = blended[i - 1]?.[j]
      const before = blended[i]![j - 1]
      if (above) tile = fade(above, tile, blend, 1)
      if (before) tile = fade(before, tile, blend, 2)
      blended[i]!.push(tile)
      const [batch, height, width, channels] = tile.shape
      return tf.slice(tile, 0, [batch, Math.min(keep, height), Math.min(keep, width), channels])
    })
    return tf.concat(kept, 2)
  })
  return tf.concat(rows, 1) as tf.Tensor4D
}

/** A tile whose first rows (axis 1) or columns (axis 2) begin as the last ones of the tile before. */
function fade(before: tf.Tensor4D, tile: tf.Tensor4D, blend: number, axis: 1 | 2): tf.Tensor4D {
  const length = Math.min(before.shape[axis], tile.shape[axis], blend)
  const part = (x: tf.Tensor4D, start: number, size: number) => {
    const [begin, sizes] = [[0, 0, 0, 0], [...x.shape]]
    begin[axis] = start
    sizes[axis] = size
    return tf.slice(x, begin as [number, number, number, number], sizes as [number, number, number, number])
  }
  const shares = tf.reshape(tf.div(tf.range(0, length), length), axis === 1 ? [1, -1, 1, 1] : [1, 1, -1, 1])
  const old = part(before, before.shape[axis] - length, length)
  const own = part(tile, 0, length)
  const mixed = tf.add(tf.mul(old, tf.sub(1, shares)), tf.mul(own, shares))
  const rest = tile.shape[axis] - length
  return rest > 0 ? (tf.concat([mixed, part(tile, length, rest)], axis) as tf.Tensor4D) : (mixed as tf.Tensor4D)
}
