import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { basename } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { extract } from 'tar-stream'
import { createImageDataset, type Dataset, hashOf, type ImageText } from './dataset.js'
import { readImage } from './imageFolder.js'

/** Bytes of a caption or its record, and of an image. */
const [mostText, mostImage] = [2 ** 20, 2 ** 28]
const imageName = /\.(png|jpe?g|webp)$/i

/** Where the bytes of an image lie. */
interface Place {
  file: string
  name: string
  start: number
  length: number
}

/**
 * WebDataset's tar files: members that share a name up to the first dot of its last part are one example, an image (png, jpg,
 * webp) and its caption, `.txt`, or `.json` with "caption" or "text". Captions are read now, images when they are wanted, from
 * their place in the file.
 *
 * @param files tar files, read in this order
 * @param size of the images: each one's centre square is scaled to it
 * @throws Error naming the file and the member that cannot be used
 */
export async function webDataset(files: readonly string[], { size }: { size: number }): Promise<Dataset> {
  const items: ImageText[] = []
  const places: Place[] = []
  for (const file of files) {
    const examples = await examplesOf(file)
    for (const [key, { image, caption }] of examples) {
      const id = `${basename(file)}/${key}`
      if (!image) throw new Error(`${file}: ${key} has a caption but no image (png, jpg or webp)`)
      if (caption === undefined) throw new Error(`${file}: ${image.name} has no caption (${key}.txt or ${key}.json)`)
      items.push({ id, text: caption })
      places.push(image)
    }
  }
  if (items.length === 0) throw new Error(`${files.join(', ')}: hold no image`)
  return createImageDataset({
    name: files.join(' + '),
    items,
    size,
    // The bytes of the images are left out: reading terabytes to name them would take longer than a run.
    hash: hashOf([`${size}`, ...items.flatMap(({ id, text }, i) => [id, text, `${places[i]!.length}`])]),
    readOne: async index => readImage(places[index]!.name, size, await bytesAt(places[index]!)),
  })
}

async function examplesOf(file: string): Promise<Map<string, { image?: Place; caption?: string }>> {
  const examples = new Map<string, { image?: Place; caption?: string }>()
  const entries = extract()
  // What goes wrong while reading ends the entries with it, and is thrown there.
  pipeline(createReadStream(file), entries).catch(() => {})
  try {
    for await (const entry of entries) {
      const { name, size = 0, type } = entry.header
      // Where its bytes begin in the file, which tar-stream tells and its types leave out.
      const start = (entry.header as { byteOffset?: number }).byteOffset!
      const [, key = name, extension = ''] = /^((?:.*\/)?[^/.]+)(\.[^/]*)$/.exec(name) ?? []
      const example = examples.get(key) ?? {}
      if (type === 'file' && imageName.test(extension)) {
        if (size > mostImage)
          throw new Error(`${file}: ${name}: ${size} bytes are no image; at most ${mostImage} are read`)
        examples.set(key, { ...example, image: { file, name: `${file}: ${name}`, start, length: size } })
      } else if (type === 'file' && /\.(txt|json)$/i.test(extension)) {
        if (size > mostText)
          throw new Error(`${file}: ${name}: ${size} bytes are no caption; at most ${mostText} are read`)
        const chunks: Buffer[] = []
        for await (const chunk of entry) chunks.push(chunk as Buffer)
        const caption = captionOf(Buffer.concat(chunks).toString('utf8'), /json$/i.test(extension), `${file}: ${name}`)
        // A text file is what a person wrote for the image; a JSON record beside it may hold other things.
        const text = /txt$/i.test(extension) ? caption : (example.caption ?? caption)
        examples.set(key, { ...example, ...(text !== undefined && { caption: text }) })
      }
      entry.resume()
    }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') throw new Error(`${file}: no such file`)
    throw message.startsWith(file) ? error : new Error(`${file}: is no whole tar file (${message})`, { cause: error })
  }
  return examples
}

function captionOf(content: string, isJson: boolean, where: string): string | undefined {
  if (!isJson) return content.trim()
  let record: unknown
  try {
    record = JSON.parse(content)
  } catch (error) {
    throw new Error(`${where}: is not JSON (${(error as Error).message})`)
  }
  const { caption, text } = (record ?? {}) as { caption?: unknown; text?: unknown }
  return [caption, text].find(value => typeof value === 'string') as string | undefined
}

async function bytesAt({ file, name, start, length }: Place): Promise<Uint8Array> {
  const handle = await open(file)
  try {
    const bytes = new Uint8Array(length)
    const { bytesRead } = await handle.read(bytes, 0, length, start)
    if (bytesRead < length) throw new Error(`${name}: the file ends before it`)
    return bytes
  } finally {
    await handle.close()
  }
}
