/** Images and archives of images that are broken or made to do harm. */
import { Buffer } from 'node:buffer'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { deflateSync } from 'node:zlib'
import { parquetWriteBuffer } from 'hyparquet-writer'
import sharp from 'sharp'
import { pack } from 'tar-stream'
import type { HostileCase } from './hostileCase.js'
import { sparse } from './weightCases.js'

const picture = (width = 20, height = 12) => sharp({ create: { width, height, channels: 3, background: '#ff8000' } })

/** A PNG of white pixels that says it is `side` × `side`: a few hundred kilobytes for 2.5 billion of them. */
function bomb(side: number): Buffer {
  const chunk = (type: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(type), data])
    const out = Buffer.alloc(body.length + 8)
    out.writeUInt32BE(data.length)
    body.copy(out, 4)
    out.writeUInt32BE(crc(body), body.length + 4)
    return out
  }
  const header = Buffer.alloc(13)
  header.writeUInt32BE(side, 0)
  header.writeUInt32BE(side, 4)
  header.set([1, 0, 0, 0, 0], 8)
  const rows = deflateSync(Buffer.alloc(4_000_000))
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
  return Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', rows), chunk('IEND', Buffer.alloc(0))])
}

function crc(bytes: Uint8Array): number {
  let value = ~0
  for (const byte of bytes) {
    value ^= byte
    for (let bit = 0; bit < 8; bit++) value = (value >>> 1) ^ (value & 1 ? 0xedb88320 : 0)
  }
  return ~value >>> 0
}

/** An image folder with one image of these bytes. */
const inFolder = (name: string, content: () => Buffer | Promise<Buffer>) => async (folder: string) => {
  const images = join(folder, 'images')
  await mkdir(images)
  await writeFile(join(images, name), await content())
  await writeFile(join(images, 'metadata.jsonl'), `${JSON.stringify({ file_name: name, text: 'x' })}\n`)
  return images
}

const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="60000" height="60000"><rect width="1" height="1"/></svg>'
const noise = () =>
  sharp({
    create: {
      width: 200,
      height: 100,
      channels: 3,
      background: '#888',
      noise: { type: 'gaussian', mean: 128, sigma: 40 },
    },
  })
const jpeg = () => noise().jpeg().toBuffer()

type Image = [string, string, () => Buffer | Promise<Buffer>, RegExp | 'read']
const images: Image[] = [
  ['no bytes', 'a.png', () => Buffer.alloc(0), /a\.png: cannot be read as an image/],
  [
    'not an image',
    'a.png',
    () => Buffer.from('hello'),
    /a\.png: cannot be read as an image.*replace it or leave it out/,
  ],
  ['truncated JPEG', 'a.jpg', async () => (await jpeg()).subarray(0, 3000), /a\.jpg: cannot be read as an image/],
  ['truncated PNG', 'a.png', async () => (await picture().png().toBuffer()).subarray(0, 60), /a\.png: cannot be read/],
  ['PNG of 50000×50000 in 4 kB', 'a.png', () => bomb(50_000), /50000×50000 pixels, more than 268435456/],
  ['SVG of 60000×60000', 'a.svg', () => Buffer.from(svg), /it is svg; known are jpeg/],
  ['CMYK JPEG', 'a.jpg', () => picture().toColourspace('cmyk').jpeg().toBuffer(), 'read'],
  ['16-bit PNG', 'a.png', () => picture().toColourspace('rgb16').png().toBuffer(), 'read'],
  ['grey PNG', 'a.png', () => picture().greyscale().png().toBuffer(), 'read'],
  ['transparent PNG', 'a.png', () => picture().ensureAlpha(0.5).png().toBuffer(), 'read'],
  ['one pixel', 'a.png', () => picture(1, 1).png().toBuffer(), 'read'],
]

async function tar(folder: string, members: [string, Buffer | string][], size = 0): Promise<string> {
  const archive = pack()
  for (const [name, content] of members) archive.entry({ name }, content)
  archive.finalize()
  const bytes = await buffer(archive)
  const file = join(folder, 'a.tar')
  await writeFile(file, size ? bytes.subarray(0, size) : bytes)
  return file
}

/** A tar file whose first member says that it has `size` bytes of a kind; as many follow, nearly all of them holes. */
function stretched(folder: string, name: string, size: number, kind = '0'): Promise<string> {
  const header = Buffer.alloc(512)
  header.write(name)
  header.write('0000644\0', 100)
  header.write('0000000\0', 108)
  header.write('0000000\0', 116)
  header.write(`${size.toString(8).padStart(11, '0')}\0`, 124)
  header.write('00000000000\0', 136)
  header.write('        ', 148)
  header.write(kind, 156)
  header.write('ustar\x0000', 257)
  header.write(
    `${header
      .reduce((sum, byte) => sum + byte, 0)
      .toString(8)
      .padStart(6, '0')}\0 `,
    148,
  )
  return sparse(join(folder, 'a.tar'), header, 512 + size + 1024)
}

type Archive = [string, (folder: string) => Promise<string>, RegExp | 'read']
const png = () => picture().png().toBuffer()
const archives: Archive[] = [
  [
    'truncated',
    async folder =>
      tar(
        folder,
        [
          ['a.txt', 'x'],
          ['a.png', await png()],
        ],
        1300,
      ),
    /is no whole tar file/,
  ],
  [
    'not a tar file',
    async folder => {
      await writeFile(join(folder, 'a.tar'), 'hello'.repeat(1000))
      return join(folder, 'a.tar')
    },
    /is no whole tar file/,
  ],
  [
    '../ in a name: only a name, nothing is unpacked',
    async folder =>
      tar(folder, [
        ['../../a.txt', 'x'],
        ['../../a.png', await png()],
      ]),
    'read',
  ],
  ['no caption', async folder => tar(folder, [['a.png', await png()]]), /a\.png has no caption/],
  ['caption of 1 GB', folder => stretched(folder, 'a.txt', 2 ** 30), /a\.txt: 1073741824 bytes are no caption/],
  ['image of 2 GB', folder => stretched(folder, 'a.png', 2 ** 31), /a\.png: 2147483648 bytes are no image/],
  ['a name of 1 GB (pax header)', folder => stretched(folder, 'a', 2 ** 30, 'x'), /a\.tar: /],
]

const table = (folder: string, columnData: Parameters<typeof parquetWriteBuffer>[0]['columnData']) => {
  const file = join(folder, 'a.parquet')
  return writeFile(file, new Uint8Array(parquetWriteBuffer({ columnData }))).then(() => file)
}
const good = async (folder: string) =>
  table(folder, [
    { name: 'image', data: [new Uint8Array(await png())], type: 'BYTE_ARRAY' },
    { name: 'text', data: ['x'], type: 'STRING' },
  ])

const tables: Archive[] = [
  ['no bytes', folder => sparse(join(folder, 'a.parquet'), '', 0), /a\.parquet: is no whole Parquet file/],
  [
    'truncated',
    async folder => {
      const file = await good(folder)
      return sparse(file, 'PAR1', 100)
    },
    /a\.parquet: is no whole Parquet file/,
  ],
  [
    'footer longer than the file',
    async folder => {
      const file = join(folder, 'a.parquet')
      await writeFile(file, Buffer.from([0x50, 0x41, 0x52, 0x31, 0xff, 0xff, 0xff, 0x7f, 0x50, 0x41, 0x52, 0x31]))
      return file
    },
    /a\.parquet: is no whole Parquet file/,
  ],
  [
    'footer of 2 GB',
    async folder => {
      const file = await sparse(join(folder, 'a.parquet'), 'PAR1', 2 ** 31)
      const { open } = await import('node:fs/promises')
      const handle = await open(file, 'r+')
      await handle.write(Buffer.from([0xf0, 0xff, 0xff, 0x7f, 0x50, 0x41, 0x52, 0x31]), 0, 8, 2 ** 31 - 8)
      await handle.close()
      return file
    },
    /a\.parquet: /,
  ],
  [
    'column missing',
    folder => table(folder, [{ name: 'text', data: ['x'], type: 'STRING' }]),
    /none of image, jpg, png/,
  ],
  [
    'text for an image',
    folder =>
      table(folder, [
        { name: 'image', data: ['hello'], type: 'STRING' },
        { name: 'text', data: ['x'], type: 'STRING' },
      ]),
    /row 0: image holds no encoded image/,
  ],
  [
    'a data page overwritten',
    async folder => {
      const file = await good(folder)
      const { readFile } = await import('node:fs/promises')
      const bytes = await readFile(file)
      bytes.fill(0xff, 4, 60)
      await writeFile(file, bytes)
      return file
    },
    /a\.parquet/,
  ],
]

export const dataCases: HostileCase[] = [
  ...images.map(
    ([name, file, content, says]): HostileCase => ({
      area: 'image',
      name,
      open: 'images',
      make: inFolder(file, content),
      says,
    }),
  ),
  {
    area: 'metadata.jsonl',
    name: '3 GB',
    open: 'images',
    make: async folder => {
      await mkdir(join(folder, 'images'))
      await sparse(join(folder, 'images/metadata.jsonl'), '{}', 3e9)
      return join(folder, 'images')
    },
    says: /metadata\.jsonl: 3000000000 bytes; more than/,
  },
  {
    area: 'metadata.jsonl',
    name: '../ in a name',
    open: 'images',
    make: async folder => {
      await mkdir(join(folder, 'images'))
      await writeFile(join(folder, 'images/metadata.jsonl'), '{"file_name":"../../etc/passwd","text":"x"}\n')
      return join(folder, 'images')
    },
    says: /leads out of the folder/,
  },
  ...archives.map(([name, make, says]): HostileCase => ({ area: 'WebDataset tar', name, open: 'tar', make, says })),
  ...tables.map(([name, make, says]): HostileCase => ({ area: 'Parquet', name, open: 'parquet', make, says })),
]
