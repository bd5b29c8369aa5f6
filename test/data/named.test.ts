import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { namedData, writeGrid } from '../../src/data/index.js'

describe('data by name', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'adt-data-'))
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  async function write(at: string, text: string): Promise<void> {
    mkdirSync(at, { recursive: true })
    await writeGrid(join(at, 'a.png'), { data: new Float32Array(4 * 4 * 3), shape: [1, 4, 4, 3] })
    writeFileSync(join(at, 'metadata.jsonl'), `${JSON.stringify({ file_name: 'a.png', text })}\n`)
  }

  it('emoji styles, joined by +, split into names to learn from and names held out', () => {
    const [all, train, test] = [undefined, 'train', 'test'].map(split => namedData('noto+twemoji', 8, split as 'train'))
    assert.equal(train!.items.length + test!.items.length, all!.items.length)
    assert.ok(all!.items.some(({ id }) => id.startsWith('twemoji/')))
  })

  it('an image folder is one data set; with folders train and test in it, two', async () => {
    await write(folder, 'whole')
    assert.equal(namedData(folder, 4, 'test').items[0]!.text, 'whole')
    await write(join(folder, 'train'), 'to learn')
    await write(join(folder, 'test'), 'held out')
    assert.equal(namedData(folder, 4, 'train').items[0]!.text, 'to learn')
    assert.equal(namedData(folder, 4, 'test').items[0]!.text, 'held out')
  })

  it('says what it could be', () => {
    assert.throws(() => namedData('no-such', 4), /no-such is neither an emoji style \(noto, .*\) nor an image folder/)
    assert.throws(() => namedData('noto+photos', 4), /noto\+photos mixes emoji styles/)
  })
})
