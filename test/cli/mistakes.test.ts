import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runHere } from './inProcess.js'

describe('a mistake in a command', function () {
  this.timeout(60_000)
  let root: string
  let there: string[]
  before(() => {
    root = mkdtempSync(join(tmpdir(), 'adt-mistakes-'))
    const write = (name: string, text: string) => writeFileSync(join(root, name), text)
    for (const name of ['cut', 'list', 'word', 'other']) mkdirSync(join(root, name))
    write('file', 'text')
    write('list.json', '[]')
    write('cut/config.json', '{\n')
    write('list/config.json', '[]')
    write('word/config.json', 'null')
    write('other/config.json', '{"command":"pretrain","recipe":{}}')
    there = readdirSync(root, { recursive: true }).map(String).sort()
  })
  after(() => rmSync(root, { recursive: true }))

  const cases: [string, RegExp, number][] = [
    ['tune --run new --data file', /file: is a file; an image folder holds images and metadata\.jsonl/, 1],
    ['tune --run new --data file/x', /--data: .*file\/x is neither an emoji style .* nor an image folder/, 2],
    ['tune --run new --model file', /file\/model_index\.json: its folder is a file; name a folder/, 1],
    ['tune --run new --learning-rate 0', /^error: --learning-rate: must be more than 0, not 0$/m, 1],
    ['tune --run other', /other: holds a run already; go on with --resume .*other, or choose another folder/, 1],
    ['tune --resume cut', /cut\/config\.json: cannot be read \(.*JSON/, 1],
    ['tune --resume list', /list\/config\.json: is not of a run of adt tune; name the folder of one/, 1],
    ['tune --resume word', /word\/config\.json: is not of a run of adt tune; name the folder of one/, 1],
    ['tune --resume other', /is not of a run of adt tune; go on with: adt pretrain --resume .*other/, 1],
    [
      'pretrain emoji --run new --minutes -1',
      /--minutes <number>' argument '-1' is invalid. it must be more than 0/,
      2,
    ],
    ['plan --model file', /file\/scheduler\/.*: cannot be read \(ENOTDIR\); --model is emoji, or a folder/, 1],
    ['plan --schedule flow --sampler ddim', /--sampler: ddim needs .*; use flow-euler for a flow/, 1],
    // Before anything is drawn: no progress comes first.
    [
      'sample --prompt a --steps 1 --scale 100000 --out new',
      /^error: scale 100000: a picture of .* is too large; lower it/,
      1,
    ],
    ['study list --folder file', /--folder: .*file: is a file; name a folder/, 2],
    ['study show table-3 --folder file', /--folder: .*file: is a file; name a folder/, 2],
    ['study run list.json', /list\.json: study: .*expected object, received array/, 2],
    ['study run table-3 --set iterations=x', /^error: --set table-3, base: .*number.* at iterations$/m, 2],
    ['study run table-3 --gpus -1', /--gpus <number>' argument '-1' is invalid. it must be more than 0/, 2],
    ['study run fig-a1', /fig-a1 takes no trials: adt study show fig-a1/, 2],
    ['study run', /missing required argument 'study'\n\(adt study run --help says what there is\)/, 2],
  ]
  for (const [words, message, status] of cases) {
    it(`adt ${words}: is said in a line, and nothing is left behind`, async () => {
      const names = /^(file(\/x)?|new|cut|list(\.json)?|word|other)$/
      const placed = words.split(' ').map((word, at) => (at > 1 && names.test(word) ? join(root, word) : word))
      const ran = await runHere(...placed)
      assert.match(ran.stderr, message)
      assert.ok(!/\n\s+at /.test(ran.stderr), 'no stack trace')
      assert.equal(ran.status, status)
      assert.deepEqual(readdirSync(root, { recursive: true }).map(String).sort(), there)
    })
  }

  it('is not to ask for the version', async () => {
    const { stdout, status } = await runHere('--version')
    assert.match(stdout, /^\d+\.\d+\.\d+\n$/)
    assert.equal(status, 0)
  })
})
