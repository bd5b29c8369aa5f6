import assert from 'node:assert/strict'
import { rm, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { loadTokenizer } from '../../src/models/tokenizer.js'
import { temporaryFolder, writeSmallTokenizer } from './small.js'

describe('tokenizer', () => {
  let folder: string
  beforeEach(async () => {
    folder = await temporaryFolder()
    await writeSmallTokenizer(folder)
  })
  afterEach(() => rm(folder, { recursive: true }))

  it('merges byte pairs, marks both ends, pads with the padding token', async () => {
    const tokenizer = await loadTokenizer(folder)
    assert.equal(tokenizer.maxLength, 6)
    assert.deepEqual(tokenizer.encode(['Red  on', '', 'redon x']), [
      [12, 10, 11, 13, 8, 8],
      [12, 13, 8, 8, 8, 8],
      [12, 9, 2, 11, 7, 13],
    ])
  })

  it('cuts a text that is too long and keeps its end', async () => {
    const tokenizer = await loadTokenizer(folder)
    assert.deepEqual(tokenizer.encode(['red red on on red red']), [[12, 10, 10, 11, 11, 13]])
    assert.equal(tokenizer.count('red red on on red red'), 8)
  })

  it('names what is missing or wrong', async () => {
    await writeFile(join(folder, 'tokenizer_config.json'), '{"model_max_length": 1e30}')
    await assert.rejects(loadTokenizer(folder), /tokenizer_config\.json.*"model_max_length"/)
    await writeFile(join(folder, 'tokenizer_config.json'), '{"model_max_length": 6, "pad_token": "<pad>"}')
    await assert.rejects(loadTokenizer(folder), /"<pad>" is not in the vocabulary/)
    await unlink(join(folder, 'merges.txt'))
    await assert.rejects(loadTokenizer(folder), /neither tokenizer\.json nor both of vocab\.json and merges\.txt/)
  })
})
