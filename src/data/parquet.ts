import type { AsyncBuffer, FileMetaData } from 'hyparquet'
import { createImageDataset, type Dataset, hashOf, type ImageText } from './dataset.js'
import { readImage } from './imageFolder.js'

const mostFooter = 2 ** 26
const imageColumns = ['image', 'jpg', 'png']
const textColumns = ['text', 'caption', 'prompt']

/** A file that is open for reading, and where its rows begin in the data set. */
interface Shard {
  file: string
  buffer: AsyncBuffer
  metadata: FileMetaData
  image: string
  first: number
}

/**
 * Parquet files as the Hugging Face Hub has them: a column `image` of encoded files, as bytes or records with `bytes`, and a
 * column `text`, `caption` or `prompt`. Captions are read now, images when they are wanted.
 *
 * @param files read in this order
 * @param size of the images: each one's centre square is scaled to it
 * @throws Error naming the file and the column or row that cannot be used
 */
export async function parquetData(files: readonly string[], { size }: { size: number }): Promise<Dataset> {
  const { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } = await import('hyparquet')
  const { compressors } = await import('hyparquet-compressors')
  const items: ImageText[] = []
  const shards: Shard[] = []
  for (const file of files) {
    const buffer = await asyncBufferFromFile(file).catch((error: Error) => {
      throw new Error(`${file}: cannot be opened (${error.message})`)
    })
    const broken = (error: Error) => {
      throw new Error(`${file}: is no whole Parquet file (${error.message})`, { cause: error })
    }
    await checkFooter(buffer).catch(broken)
    const metadata = await parquetMetadataAsync(buffer).catch(broken)
    const names = topColumns(metadata)
    const [image, text] = [imageColumns, textColumns].map(known => known.find(name => names.includes(name)))
    if (!image || !text) {
      const lacks = image ? textColumns : imageColumns
      throw new Error(`${file}: has the columns ${names.join(', ')}, none of ${lacks.join(', ')}`)
    }
    const rows = await parquetReadObjects({ file: buffer, metadata, columns: [text], compressors }).catch(broken)
    shards.push({ file, buffer, metadata, image, first: items.length })
    rows.forEach((row, i) => {
      if (typeof row[text] !== 'string') throw new Error(`${file}, row ${i}: ${text} is no text`)
      items.push({ id: `${file}#${i}`, text: row[text] })
    })
  }
  if (items.length === 0) throw new Error(`${files.join(', ')}: hold no row`)
  const bytesOf = async (index: number) => {
    const { file, buffer, metadata, image, first } = shards.findLast(shard => shard.first <= index)!
    const rowStart = index - first
    const where = `${file}, row ${rowStart}`
    const rows = { rowStart, rowEnd: rowStart + 1 }
    const [row] = await parquetReadObjects({
      file: buffer,
      metadata,
      columns: [image],
      utf8: false,
      compressors,
      ...rows,
    }).catch((error: Error) => {
      throw new Error(`${where}: cannot be read, the file is damaged (${error.message})`, { cause: error })
    })
    const value = row?.[image]
    const bytes = value instanceof Uint8Array ? value : (value as { bytes?: unknown } | null | undefined)?.bytes
    if (!(bytes instanceof Uint8Array)) throw new Error(`${where}: ${image} holds no encoded image`)
    return { where, bytes }
  }
  return createImageDataset({
    name: files.join(' + '),
    items,
    size,
    hash: hashOf([`${size}`, ...items.map(({ text }) => text), ...shards.map(({ buffer }) => `${buffer.byteLength}`)]),
    readOne: async index => {
      const { where, bytes } = await bytesOf(index)
      return readImage(where, size, bytes)
    },
  })
}

/** The footer's length is in the file's last bytes but four. What describes a file of terabytes takes a few megabytes. */
async function checkFooter(buffer: AsyncBuffer): Promise<void> {
  const end = new DataView(await buffer.slice(Math.max(0, buffer.byteLength - 8), buffer.byteLength))
  if (end.byteLength < 8) throw new Error(`${end.byteLength} bytes`)
  const length = end.getUint32(0, true)
  if (length > mostFooter) throw new Error(`its footer has ${length} bytes, more than ${mostFooter}`)
}

/** Names of the columns, without what is within them. */
function topColumns({ schema }: FileMetaData): string[] {
  const names: string[] = []
  const skip = (at: number): number => {
    let next = at + 1
    for (let child = 0; child < (schema[at]!.num_children ?? 0); child++) next = skip(next)
    return next
  }
  for (let at = 1; at < schema.length; at = skip(at)) names.push(schema[at]!.name)
  return names
}
