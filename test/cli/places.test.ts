import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runHere } from './inProcess.js'

describe('a place that cannot be written', () => {
  let root: string
  before(() => {
    root = mkdtempSync(join(tmpdir(), 'adt-places-'))
    writeFileSync(join(root, 'file'), '')
    mkdirSync(join(root, 'folder'))
  })
  after(() => rmSync(root, { recursive: true }))

  const inTheWay = 'cannot be written: a file is in the way of its folder; choose another place'
  const cases: [string, string[], string][] = [
    ['tune --run', ['tune', '--run', 'file'], `--run: file: ${inTheWay}`],
    ['tune --cache', ['tune', '--run', 'new/run', '--cache', 'file/a'], `--cache: file/a: ${inTheWay}`],
    ['pretrain --run', ['pretrain', 'emoji', '--run', 'file/run'], `--run: file/run: ${inTheWay}`],
    ['pretrain --out', ['pretrain', 'emoji', '--run', 'new', '--out', 'file'], `--out: file: ${inTheWay}`],
    ['sample --out', ['sample', '--prompt', 'a', '--out', 'file/a.png'], `--out: file/a.png: ${inTheWay}`],
    ['a folder', ['sample', '--prompt', 'a', '--out', 'folder'], '--out: folder: is a folder; name a file'],
    ['evaluate --images', ['evaluate', '--images', 'file/a.png'], `--images: file/a.png: ${inTheWay}`],
    ['FID’s', ['evaluate', '--fid-statistics', 'file/a'], `--fid-statistics: file/a: ${inTheWay}`],
    ['study run --folder', ['study', 'run', 'table-3', '--folder', 'file'], '--folder: file: is a file; name a folder'],
  ]
  for (const [name, words, message] of cases) {
    it(`${name}: is named before any work begins, and nothing is left there`, async () => {
      const placed = words.map(word => (/^(file|folder|new)/.test(word) ? join(root, word) : word))
      const { stderr, status } = await runHere(...placed)
      assert.equal(stderr.replaceAll(`${root}/`, ''), `error: ${message}\n`)
      assert.equal(status, 2)
      assert.deepEqual(readdirSync(root).sort(), ['file', 'folder'])
    })
  }
})
