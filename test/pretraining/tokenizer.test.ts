import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { emojiCaption, emojiNames } from '../../src/data/index.js'
import { loadTokenizer } from '../../src/models/index.js'
import { learnMerges } from '../../src/pretraining/bytePairs.js'
import { createTokenizer, writeTokenizer } from '../../src/pretraining/index.js'

describe('byte pairs', () => {
  it('joins the most frequent pair first, ties by spelling, and stops when no pair occurs twice', () => {
    assert.deepEqual(learnMerges(['aab aab', 'aab ab'], 10), [
      ['a', 'b</w>'],
      ['a', 'ab</w>'],
    ])
    assert.deepEqual(learnMerges(['xy zw', 'zw xy'], 1), [['x', 'y</w>']])
    assert.deepEqual(learnMerges(['once'], 10), [])
  })

  it('does not depend on the order of the texts', () => {
    const texts = ['red apple', 'red heart', 'green apple', 'green heart', 'red pear']
    assert.deepEqual(learnMerges(texts, 20), learnMerges([...texts].reverse(), 20))
  })
})

describe('createTokenizer', () => {
  const load = async (captions: string[], size: number, length: number) => {
    const folder = mkdtempSync(join(tmpdir(), 'adt-tokenizer-'))
    try {
      const made = createTokenizer(captions, size, length)
      writeTokenizer(folder, made)
      const whole = await loadTokenizer(folder)
      rmSync(join(folder, 'tokenizer.json'))
      return { made, whole, fromParts: await loadTokenizer(folder) }
    } finally {
      rmSync(folder, { recursive: true })
    }
  }

  it('gives a folder that loads as any CLIP tokenizer does, from either of its forms', async () => {
    const captions = emojiNames('train').map(emojiCaption)
    const { made, whole, fromParts } = await load(captions, 2048, 16)
    assert.ok(made.vocabularySize <= 2048)
    assert.equal(made.endId, made.vocabularySize - 1)
    for (const text of ['red apple', 'Red  APPLE', 'a word it never saw: żółw 42', '']) {
      const [row] = whole.encode([text])
      assert.equal(row!.length, 16)
      assert.equal(row![0], made.startId)
      assert.ok(row!.includes(made.endId))
      assert.deepEqual(fromParts.encode([text]), [row])
    }
    assert.deepEqual(whole.encode(['Red  APPLE']), whole.encode(['red apple']))
    assert.deepEqual(whole.encode(['']), [[made.startId, ...Array(15).fill(made.endId)]])
  })

  it('tells every caption from every other, within its length', async () => {
    const captions = emojiNames().map(emojiCaption)
    const { whole } = await load(emojiNames('train').map(emojiCaption), 2048, 16)
    assert.ok(captions.every(text => whole.count(text) <= 16))
    assert.equal(new Set(whole.encode(captions).map(String)).size, captions.length)
  })
})
