import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { imageFolder } from '../../src/data/index.js'

/** Red left third, green middle, blue right: 30 × 10. */
async function flag(file: string): Promise<void> {
  const pixels = Buffer.alloc(30 * 10 * 3)
  for (let i = 0; i < 300; i++) pixels[i * 3 + Math.floor((i % 30) / 10)] = 255
  await sharp(pixels, { raw: { width: 30, height: 10, channels: 3 } })
    .png()
    .toFile(file)
}

describe('imageFolder', () => {
  let folder: string
  const metadata = (...lines: string[]) => writeFileSync(join(folder, 'metadata.jsonl'), lines.join('\n'))
  const open = () => imageFolder(folder, { size: 8 })

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'adt-folder-'))
    await flag(join(folder, 'a.png'))
    await flag(join(folder, 'b.png'))
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  it('crops the centre square and keeps captions in order', async () => {
    metadata('{"file_name":"b.png","text":"a flag","extra":1}', '{"file_name":"a.png","text":""}', '')
    const data = open()
    assert.deepEqual(data.items, [
      { id: 'b.png', text: 'a flag' },
      { id: 'a.png', text: '' },
    ])
    const image = await data.images([0])
    assert.equal(image.length, 8 * 8 * 3)
    const middle = (4 * 8 + 4) * 3
    assert.deepEqual([...image.slice(middle, middle + 3)], [-1, 1, -1])
  })

  it('tells what it cut from each image, after the camera’s rotation', async () => {
    metadata('{"file_name":"a.png","text":"x"}', '{"file_name":"b.jpg","text":"y"}')
    // Stored lying, to be shown upright: 40 wide and 100 high.
    const picture = sharp({ create: { width: 100, height: 40, channels: 3, background: '#fff' } }).jpeg()
    await picture.withMetadata({ orientation: 6 }).toFile(join(folder, 'b.jpg'))
    assert.deepEqual(await open().frames!([1, 0]), [
      { original: [100, 40], corner: [6, 0] },
      { original: [10, 30], corner: [0, 8] },
    ])
  })

  it('has another hash when a caption or an image changes', async () => {
    metadata('{"file_name":"a.png","text":"a flag"}')
    const first = open().hash
    metadata('{"file_name":"a.png","text":"the flag"}')
    assert.notEqual(open().hash, first)
    metadata('{"file_name":"a.png","text":"a flag"}')
    assert.equal(open().hash, first)
    writeFileSync(join(folder, 'a.png'), await sharp(join(folder, 'b.png')).negate().png().toBuffer())
    assert.notEqual(open().hash, first)
  })

  it('names the file and the line of what it cannot use', async () => {
    assert.throws(() => imageFolder(join(folder, 'gone'), { size: 8 }), /gone: no such folder/)
    assert.throws(open, /metadata\.jsonl: no such file; it needs a line/)
    metadata('')
    assert.throws(open, /metadata\.jsonl: lists no image/)
    metadata('{"file_name":"a.png","text":"x"}', '', '{"file_name":"b.png","text":"y"}')
    assert.throws(open, /line 2: is empty; remove it/)
    metadata('{"file_name":"a.png","text":"x"}', '{"file_name":"b.png"}')
    assert.throws(open, /line 2: text: /)
    metadata('{"file_name":"a.png","text":')
    assert.throws(open, /line 1: not JSON/)
    metadata('{"file_name":"c.png","text":"x"}')
    assert.throws(open, /line 1: c\.png is not in/)
    metadata('{"file_name":"../a.png","text":"x"}')
    assert.throws(open, /line 1: file_name "\.\.\/a\.png" leads out of the folder/)
    metadata('{"file_name":"a.png","text":"x"}', '{"file_name":"./a.png","text":"y"}')
    assert.throws(open, /line 2: \.\/a\.png is listed twice/)
  })

  it('names a truncated image', async () => {
    metadata('{"file_name":"a.png","text":"x"}', '{"file_name":"b.png","text":"y"}')
    truncateSync(join(folder, 'b.png'), 60)
    await assert.rejects(open().images([0]), /b\.png: cannot be read as an image/)
    writeFileSync(join(folder, 'b.png'), 'no image')
    await assert.rejects(open().images([0]), /b\.png: cannot be read as an image/)
  })
})
