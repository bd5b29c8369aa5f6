import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync, truncateSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { emoji, emojiNames, emojiStyles } from '../../src/data/index.js'

describe('emoji', function () {
  // The first run on a machine reads 140 MB of drawings and rasterises them.
  this.timeout(60_000)

  it('holds the same names in every style, without skin tones', () => {
    const names = emojiNames()
    assert.ok(names.length > 1500 && names.length < 1650, `${names.length} names`)
    assert.ok(names.every(name => !name.includes('skin-tone')))
    for (const style of emojiStyles) {
      assert.deepEqual(
        emoji(style).items.map(item => item.id),
        names.map(name => `${style}/${name}`),
      )
    }
    assert.equal(emoji('noto').items[names.indexOf('red-apple')]!.text, 'red apple')
  })

  it('splits by name: no caption is in both halves, one in ten is held out, the seed decides which', () => {
    const train = new Set(emoji('noto', { split: 'train' }).items.map(item => item.text))
    const test = emoji('fluent', { split: 'test' }).items.map(item => item.text)
    assert.ok(test.every(text => !train.has(text)))
    assert.equal(train.size + test.length, emojiNames().length)
    assert.equal(test.length, Math.round(emojiNames().length / 10))
    assert.deepEqual(emojiNames('test', 3), emojiNames('test', 3))
    assert.notDeepEqual(emojiNames('test', 3), emojiNames('test', 4))
  })

  it('draws on white in [−1, 1], each style differently, and picks the rows that were asked for', async () => {
    const noto = emoji('noto', { split: 'test' })
    const flat = emoji('fluent-flat', { split: 'test' })
    const both = emoji(['noto', 'fluent-flat'], { split: 'test' })
    const count = noto.items.length
    const [a, b] = [await noto.images([3, 7]), await flat.images([7])]
    assert.equal(a.length, 2 * 32 * 32 * 3)
    assert.ok(a.every(value => value >= -1 && value <= 1))
    assert.equal(a[0], 1)
    assert.deepEqual(await both.images([3, 7, count + 7]), Float32Array.from([...a, ...b]))
    assert.notDeepEqual(a.slice(32 * 32 * 3), b)
    await assert.rejects(noto.images([count]), /image index \d+ is outside/)
  })

  it('hashes what it holds: style, size, split and seed', () => {
    const hashes = [
      emoji('noto'),
      emoji('twemoji'),
      emoji('noto', { size: 16 }),
      emoji('noto', { split: 'train' }),
      emoji('noto', { split: 'train', seed: 1 }),
    ].map(data => data.hash)
    assert.equal(new Set(hashes).size, hashes.length)
    assert.equal(emoji('noto').hash, hashes[0])
  })

  it('draws again when a cached file is cut short', async () => {
    const before = process.env.ADT_CACHE
    const folder = mkdtempSync(join(tmpdir(), 'adt-emoji-'))
    process.env.ADT_CACHE = folder
    try {
      const first = await emoji('twemoji', { size: 4 }).pixels()
      const file = readdirSync(join(folder, 'emoji')).find(name => name.startsWith('twemoji-4x'))!
      truncateSync(join(folder, 'emoji', file), 100)
      assert.deepEqual(await emoji('twemoji', { size: 4 }).pixels(), first)
    } finally {
      if (before === undefined) delete process.env.ADT_CACHE
      else process.env.ADT_CACHE = before
      rmSync(folder, { recursive: true })
    }
  })

  it('names what is wrong', () => {
    assert.throws(() => emoji('apple' as 'noto'), /style must be one of noto, twemoji, fluent-flat, fluent, not apple/)
    assert.throws(() => emoji([]), /an empty list/)
    assert.throws(() => emoji('noto', { size: 3.5 }), /size must be a whole number/)
    assert.throws(() => emoji('noto', { split: 'valid' as 'test' }), /split must be train or test/)
  })
})
