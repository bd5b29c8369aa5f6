import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { parquetWriteBuffer } from 'hyparquet-writer'
import sharp from 'sharp'
import { pack } from 'tar-stream'
import { createImageDataset, type Dataset, parquetData, webDataset } from '../../src/data/index.js'

const colours = ['#ff0000', '#00ff00', '#0000ff']
const picture = (colour: string, format: 'png' | 'jpeg' = 'png') =>
  sharp({ create: { width: 10, height: 6, channels: 3, background: colour } })
    .toFormat(format)
    .toBuffer()

/** The middle pixel of each image, as 0 or 1 a channel. */
async function colourOf(data: Dataset, indices: number[]): Promise<number[][]> {
  const pixels = await data.images(indices)
  const length = data.size ** 2 * 3
  return indices.map((_, row) => [0, 1, 2].map(c => Math.round((pixels[row * length + c]! + 1) / 2)))
}

describe('data in archives', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'adt-archives-'))
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  async function tar(name: string, members: [string, Buffer | string][]): Promise<string> {
    const archive = pack()
    for (const [member, content] of members) archive.entry({ name: member }, content)
    archive.finalize()
    const file = join(folder, name)
    writeFileSync(file, await buffer(archive))
    return file
  }

  it('reads WebDataset tar files: images by their place, captions from text or JSON', async () => {
    const first = await tar('0.tar', [
      ['a/0001.txt', 'red\n'],
      ['a/0001.png', await picture(colours[0]!)],
      ['a/0001.json', JSON.stringify({ caption: 'not this', width: 10 })],
      [`${'long'.repeat(60)}.jpg`, await picture(colours[1]!, 'jpeg')],
      [`${'long'.repeat(60)}.json`, JSON.stringify({ text: 'green' })],
    ])
    const second = await tar('1.tar', [
      ['b.seg.png', await picture(colours[2]!)],
      ['b.txt', 'blue'],
    ])
    const data = await webDataset([first, second], { size: 4 })
    assert.deepEqual(
      data.items.map(({ text }) => text),
      ['red', 'green', 'blue'],
    )
    assert.deepEqual(await colourOf(data, [2, 0, 1]), [
      [0, 0, 1],
      [1, 0, 0],
      [0, 1, 0],
    ])
    assert.notEqual(data.hash, (await webDataset([second, first], { size: 4 })).hash)
  })

  it('names the member of a tar file that it cannot use', async () => {
    const refuse = async (members: [string, Buffer | string][], message: RegExp) =>
      assert.rejects(
        tar('bad.tar', members).then(file => webDataset([file], { size: 4 })),
        message,
      )
    await refuse([['a.png', await picture('#fff')]], /a\.png has no caption \(a\.txt or a\.json\)/)
    await refuse([['a.txt', 'red']], /bad\.tar: a has a caption but no image/)
    await refuse(
      [
        ['a.json', '{'],
        ['a.png', 'x'],
      ],
      /bad\.tar: a\.json: is not JSON/,
    )
    await refuse([], /hold no image/)
    await assert.rejects(webDataset([join(folder, 'no.tar')], { size: 4 }), /no\.tar: no such file/)
    const cut = await tar('cut.tar', [
      ['a.txt', 'red'],
      ['a.png', await picture('#ff0000')],
    ])
    writeFileSync(cut, readFileSync(cut).subarray(0, 1600))
    await assert.rejects(webDataset([cut], { size: 4 }), /cut\.tar: is no whole tar file/)
    const broken = await tar('broken.tar', [
      ['a.txt', 'red'],
      ['a.png', (await picture('#ff0000')).subarray(0, 60)],
    ])
    const data = await webDataset([broken], { size: 4 })
    await assert.rejects(data.images([0]), /broken\.tar: a\.png: cannot be read as an image/)
  })

  it('reads Parquet files as the Hub has them', async () => {
    const write = async (name: string, texts: string[]) => {
      const images = await Promise.all(texts.map((_, i) => picture(colours[i % 3]!)))
      const columnData = [
        { name: 'image', data: images.map(bytes => new Uint8Array(bytes)), type: 'BYTE_ARRAY' as const },
        { name: 'caption', data: texts, type: 'STRING' as const },
      ]
      const file = join(folder, name)
      writeFileSync(file, new Uint8Array(parquetWriteBuffer({ columnData, rowGroupSize: 2 })))
      return file
    }
    const files = [await write('0.parquet', ['red', 'green', 'blue']), await write('1.parquet', ['red again'])]
    const data = await parquetData(files, { size: 4 })
    assert.deepEqual(
      data.items.map(({ text }) => text),
      ['red', 'green', 'blue', 'red again'],
    )
    assert.deepEqual(await colourOf(data, [3, 1, 2]), [
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ])
  })

  it('names the Parquet file and the column that it cannot use', async () => {
    const file = join(folder, 'odd.parquet')
    const columnData = [{ name: 'picture', data: ['x'], type: 'STRING' as const }]
    writeFileSync(file, new Uint8Array(parquetWriteBuffer({ columnData })))
    await assert.rejects(parquetData([file], { size: 4 }), /odd\.parquet: has the columns picture, none of image, jpg/)
    writeFileSync(file, 'PAR1')
    await assert.rejects(parquetData([file], { size: 4 }), /odd\.parquet: is no whole Parquet file/)
    await assert.rejects(parquetData([join(folder, 'no.parquet')], { size: 4 }), /no\.parquet: cannot be opened/)
  })

  it('reads images that are too many for memory when they are wanted', async () => {
    const size = 4096
    const wanted: number[] = []
    const data = createImageDataset({
      name: 'large',
      items: Array.from({ length: 30 }, (_, i) => ({ id: `${i}`, text: `${i}` })),
      size,
      hash: 'large',
      readOne: async index => {
        wanted.push(index)
        const pixels = new Uint8Array(size * size * 3).fill(index)
        return { pixels, frame: { original: [index, 1], corner: [0, 0] } }
      },
    })
    const pixels = await data.images([7])
    assert.equal(pixels.length, size * size * 3)
    assert.ok(Math.abs(pixels[5]! - (7 / 127.5 - 1)) < 1e-6)
    await assert.rejects(data.images([30]), /image index 30 is outside 0 … 29/)
    // How it was cut has been seen by then.
    assert.deepEqual(await data.frames!([7]), [{ original: [7, 1], corner: [0, 0] }])
    assert.deepEqual(wanted, [7])
    assert.deepEqual((await data.frames!([7, 2])).at(-1)!.original, [2, 1])
    assert.deepEqual(wanted, [7, 2])
  })
})
