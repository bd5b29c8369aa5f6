/** Grids of images as `writeGrid` lays them out, taken apart again. Arithmetic only: a page uses it too. */

/** Pixels between neighbouring images. */
export const gap = 1

/** A decoded picture: bytes [height][width][3]. */
export interface Picture {
  readonly data: ArrayLike<number>
  readonly width: number
  readonly height: number
}

/**
 * The images of a grid that was written without naming its columns.
 * @returns bytes, [count, height, width, 3]; undefined when the picture is no grid of so many
 */
export function splitGrid(
  { data, width: whole, height: tall }: Picture,
  count: number,
): { data: Uint8Array; shape: [number, number, number, number] } | undefined {
  const across = Math.ceil(Math.sqrt(count))
  const down = Math.ceil(count / across)
  const scale = scales.find(scale => isGrid(whole / scale, across) && isGrid(tall / scale, down))
  if (!scale) return undefined
  const [width, height] = [tile(whole / scale, across), tile(tall / scale, down)]
  const images = new Uint8Array(count * height * width * 3)
  for (let i = 0; i < images.length / 3; i++) {
    const [image, y, x] = [Math.floor(i / (height * width)), Math.floor(i / width) % height, i % width]
    const row = (Math.floor(image / across) * (height + gap) + y) * scale
    const column = ((image % across) * (width + gap) + x) * scale
    const from = (row * whole + column) * 3
    for (let c = 0; c < 3; c++) images[i * 3 + c] = data[from + c]!
  }
  return { data: images, shape: [count, height, width, 3] }
}

/** Scales that grids are written at, the largest first: a grid of single pixels fits every smaller one too. */
const scales = [3, 2, 1]

/** Height or width of one image, in a grid of `images` in that direction. */
function tile(length: number, images: number): number {
  return (length + gap) / images - gap
}

function isGrid(length: number, images: number): boolean {
  return Number.isInteger(length) && Number.isInteger(tile(length, images)) && tile(length, images) > 0
}
