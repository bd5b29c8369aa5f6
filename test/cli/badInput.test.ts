import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { adt } from './adt.js'

describe('bad input to adt tune', function () {
  this.timeout(60_000)
  let root: string
  before(() => {
    root = mkdtempSync(join(tmpdir(), 'adt-bad-'))
    for (const name of ['gap', 'cut']) mkdirSync(join(root, name))
    writeFileSync(join(root, 'gap', 'metadata.jsonl'), '\n{"file_name":"a.png","text":"x"}\n')
    writeFileSync(join(root, 'cut', 'metadata.jsonl'), '{"file_name":"a.png","text":"x"}\n')
    writeFileSync(join(root, 'cut', 'a.png'), Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'))
  })
  after(() => rmSync(root, { recursive: true }))

  const cases: [string, string[], RegExp, number][] = [
    ['a missing folder', ['--data', 'ROOT/gone'], /--data: .*gone is neither an emoji style .* nor an image folder/, 2],
    ['an empty line', ['--data', 'ROOT/gap'], /metadata\.jsonl, line 1: is empty; remove it/, 1],
    ['a truncated image', ['--data', 'ROOT/cut'], /a\.png: cannot be read as an image.*replace it or leave it out/, 1],
    ['an unknown option', ['--lamda', '1'], /unknown option '--lamda'/, 2],
    ['K larger than the steps', ['--K', '9', '--steps', '4'], /--K: 9 is larger than the sampler's 4 steps; lower/, 1],
    ['no features', ['--features', 'gone'], /gone: no such folder; --features is a folder of a Dinov2 model/, 1],
    ['other options for a run that goes on', ['--resume', 'ROOT/old', '--K', '2'], /leave out --K, --run, or start/, 1],
    ['a negative λ', ['--lambda', '-1'], /--lambda: must be at least 0, not -1/, 1],
  ]
  for (const [name, words, message, status] of cases) {
    it(`${name}: says so and leaves no run behind`, async () => {
      const run = join(root, 'run')
      const { stderr, exitCode } = await adt('tune', '--run', run, ...words.map(word => word.replace('ROOT', root)))
      assert.match(stderr, message)
      assert.equal(exitCode, status)
      assert.equal(existsSync(run), false)
    })
  }
})
