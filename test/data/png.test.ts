import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { encodePng, writeFileAtomic, writeGrid } from '../../src/data/index.js'

describe('png', () => {
  const data = new Float32Array(3 * 2 * 2 * 3)
  data.fill(-1, 0, 12).fill(0, 12, 24).fill(7, 24)
  const images = { data, shape: [3, 2, 2, 3] }

  it('lays images out row by row', async () => {
    const { data: pixels, info } = await sharp(await encodePng(images, { columns: 2 }))
      .raw()
      .toBuffer({ resolveWithObject: true })
    assert.deepEqual([info.width, info.height, info.channels], [5, 5, 3])
    const at = (x: number, y: number) => pixels[(y * 5 + x) * 3]
    assert.deepEqual([at(0, 0), at(1, 1), at(2, 0), at(3, 0), at(0, 3), at(4, 4)], [0, 0, 240, 128, 255, 240])
  })

  it('magnifies without smoothing', async () => {
    const { data: pixels, info } = await sharp(await encodePng(images, { columns: 3, scale: 4 }))
      .raw()
      .toBuffer({ resolveWithObject: true })
    assert.deepEqual([info.width, info.height], [32, 8])
    assert.deepEqual([...new Set(pixels)].sort(), [0, 128, 240, 255])
  })

  it('refuses a shape that does not fit', async () => {
    await assert.rejects(encodePng({ data, shape: [3, 2, 2, 1] }), /\[3, 2, 2, 1\] with 36 values/)
    await assert.rejects(encodePng({ data, shape: [2, 2, 2, 3] }), RangeError)
  })

  it('writes whole files, and leaves nothing behind when it cannot', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'adt-png-'))
    try {
      await writeGrid(join(folder, 'samples', '1.png'), images)
      assert.deepEqual(readdirSync(join(folder, 'samples')), ['1.png'])
      mkdirSync(join(folder, 'taken', 'full'), { recursive: true })
      assert.throws(() => writeFileAtomic(join(folder, 'taken'), 'x'))
      writeFileAtomic(join(folder, 'text'), 'old')
      writeFileAtomic(join(folder, 'text'), 'new')
      assert.equal(readFileSync(join(folder, 'text'), 'utf8'), 'new')
      assert.deepEqual(readdirSync(folder).sort(), ['samples', 'taken', 'text'])
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
