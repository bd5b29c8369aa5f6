import { existsSync, readFileSync, statSync } from 'node:fs'
import { isAbsolute, join, normalize, sep } from 'node:path'
import { z } from 'zod'
import { type CutImage, createImageDataset, type Dataset, type Frame, hashOf, type ImageText } from './dataset.js'
import { mostPixels } from './png.js'

/** Of a metadata.jsonl: a million long captions. */
const mostMetadata = 256 * 2 ** 20
/** Of an encoded image. */
const mostBytes = 256 * 2 ** 20
/** What is read: nothing that is drawn by a program, as SVG and PDF are. */
const formats = ['jpeg', 'png', 'webp', 'gif', 'tiff', 'heif']

const Line = z.object({ file_name: z.string().min(1), text: z.string() })

export interface ImageFolderOptions {
  /** Height and width: each image's centre square is scaled to it. */
  size: number
}

/**
 * A folder of images in the imagefolder convention: image files, and `metadata.jsonl` with one JSON object a line,
 * `{"file_name": "0001.png", "text": "a red apple"}`. Other keys are left alone.
 * All images are read at the first use, so that a broken one is found before training starts; a gigabyte of them or more is
 * read when wanted.
 *
 * @throws Error naming the file, the line and the field when metadata or an image cannot be used
 */
export function imageFolder(folder: string, { size }: ImageFolderOptions): Dataset {
  if (!Number.isInteger(size) || size < 4) {
    throw new RangeError(`image folder: size must be a whole number of at least 4, not ${size}`)
  }
  const items = readMetadata(folder)
  const files = items.map(({ id }) => join(folder, id))
  return createImageDataset({
    name: folder,
    items,
    size,
    hash: hashOf(contents(items, files, size)),
    readOne: index => readImage(files[index]!, size),
  })
}

function* contents(items: readonly ImageText[], files: readonly string[], size: number) {
  yield `${size}`
  for (const [i, { id, text }] of items.entries()) {
    yield id
    yield text
    yield readFileSync(files[i]!)
  }
}

function readMetadata(folder: string): ImageText[] {
  if (!existsSync(folder)) throw new Error(`${folder}: no such folder; an image folder holds images and metadata.jsonl`)
  if (!statSync(folder).isDirectory()) {
    throw new Error(`${folder}: is a file; an image folder holds images and metadata.jsonl`)
  }
  const file = join(folder, 'metadata.jsonl')
  if (!statSync(file, { throwIfNoEntry: false })?.isFile()) {
    throw new Error(`${file}: no such file; it needs a line {"file_name": "…", "text": "…"} for each image`)
  }
  const { size } = statSync(file)
  if (size > mostMetadata)
    throw new Error(`${file}: ${size} bytes; more than ${mostMetadata} are not read, use Parquet`)
  const content = readFileSync(file, 'utf8').trimEnd()
  if (content === '') throw new Error(`${file}: lists no image`)
  const seen = new Set<string>()
  return content.split(/\r?\n/).map((line, i) => {
    const where = `${file}, line ${i + 1}`
    if (line.trim() === '') throw new Error(`${where}: is empty; remove it`)
    const item = parseLine(line, where)
    const inside = normalize(item.id)
    if (isAbsolute(inside) || inside.split(sep)[0] === '..') {
      throw new Error(`${where}: file_name ${JSON.stringify(item.id)} leads out of the folder`)
    }
    if (seen.has(inside)) throw new Error(`${where}: ${item.id} is listed twice`)
    if (!statSync(join(folder, inside), { throwIfNoEntry: false })?.isFile()) {
      throw new Error(`${where}: ${item.id} is not in ${folder}`)
    }
    seen.add(inside)
    return item
  })
}

function parseLine(line: string, where: string): ImageText {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch (error) {
    throw new Error(`${where}: not JSON (${(error as Error).message})`)
  }
  const parsed = Line.safeParse(value)
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0]!
    throw new Error(`${where}: ${path.length > 0 ? `${path.join('.')}: ` : ''}${message}`)
  }
  return { id: parsed.data.file_name, text: parsed.data.text }
}

/**
 * One image's centre square, scaled to size × size RGB bytes; the camera's rotation applied, transparency on white.
 * @param file its name, for errors too
 * @param content what the file holds, where it is not on disk by itself
 * @throws Error naming the file when it is truncated, too large or no image; before its pixels take memory
 */
export async function readImage(file: string, size: number, content?: Uint8Array): Promise<CutImage> {
  const bytes = content?.length ?? statSync(file).size
  if (bytes > mostBytes) throw new Error(`${file}: an image of ${bytes} bytes; more than ${mostBytes} are not read`)
  const { default: sharp } = await import('sharp')
  try {
    // The header alone, whatever size it tells.
    const { format, width, height, autoOrient } = await sharp(content ?? file, { limitInputPixels: false }).metadata()
    if (!formats.includes(format)) throw new Error(`it is ${format}; known are ${formats.join(', ')}`)
    if (width * height > mostPixels) throw new Error(`${width}×${height} pixels, more than ${mostPixels}`)
    const pixels = await sharp(content ?? file, { failOn: 'truncated', limitInputPixels: mostPixels })
      .rotate()
      .resize(size, size, { fit: 'cover', position: 'centre' })
      .flatten({ background: '#ffffff' })
      .toColourspace('srgb')
      .raw()
      .toBuffer()
    return { pixels, frame: frameOf(size, autoOrient) }
  } catch (error) {
    const reason = (error as Error).message
    throw new Error(
      `${file}: cannot be read as an image, it is damaged, cut short or too large (${reason}); replace it or leave it out`,
    )
  }
}

/** What `readImage` cuts from an image, after the camera's rotation: its centre square. */
function frameOf(size: number, { height, width }: { height: number; width: number }): Frame {
  const scale = size / Math.min(height, width)
  const before = (side: number) => Math.round((side * scale - size) / 2)
  return { original: [height, width], corner: [before(height), before(width)] }
}
