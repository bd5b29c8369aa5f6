import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from './client.js'

describe('kernel: magics', function () {
  this.timeout(120_000)
  let folder: string
  let client: Client
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'adt-magics-'))
    client = await Client.start({ cwd: folder })
  })
  after(async () => {
    await client.stop()
    await rm(folder, { recursive: true })
  })

  it('%time tells how long the cell takes, and leaves its value and its positions', async () => {
    const cell = await client.execute('%time await new Promise(resolve => setTimeout(resolve, 30, 7))')
    assert.equal(cell.result(), '7')
    const [, time] = /^Wall time: ([\d.]+) ms\n$/.exec(cell.printed()) ?? []
    assert.ok(Number(time) >= 29 && Number(time) < 1000, cell.printed())
    const wrong = await client.execute('%%time\n\n1 + missing')
    assert.match(wrong.reply.traceback[0], /^3:5 - /)
  })

  it('%env sets, prints and lists variables of the environment', async () => {
    assert.equal((await client.execute('%env ADT_TRIED = a b\nprocess.env.ADT_TRIED')).result(), "'a b'")
    assert.equal((await client.execute('%env ADT_TRIED')).printed(), 'a b\n')
    assert.match((await client.execute('%env')).printed(), /^ADT_TRIED$/m)
    assert.match((await client.execute('%env ADT_ABSENT\nlet ran = true')).reply.evalue, /no such variable/)
    assert.match((await client.execute('ran')).reply.evalue, /Cannot find name 'ran'/)
  })

  it("%install puts a package into the notebook's folder, before the cell is checked", async () => {
    // A package from disk: the test needs no registry.
    const source = join(folder, '..', `${folder.split('/').at(-1)}-source`)
    await mkdir(source)
    const files = {
      'package.json': '{ "name": "tiny-thing", "version": "1.2.3", "main": "index.js", "types": "index.d.ts" }',
      'index.js': 'exports.double = x => 2 * x',
      'index.d.ts': 'export function double(x: number): number',
    }
    for (const [name, text] of Object.entries(files)) await writeFile(join(source, name), text)
    const early = await client.execute('import { double } from "tiny-thing"\ndouble(2)')
    assert.match(early.reply.evalue, /Cannot find module 'tiny-thing'/)
    const cell = await client.execute(`%install ${source}\nimport { double } from "tiny-thing"\ndouble(21)`)
    assert.equal(cell.result(), '42', cell.reply.evalue)
    assert.ok(existsSync(join(folder, 'node_modules', 'tiny-thing')))
    await rm(source, { recursive: true })
  })

  it('says which magics there are, and what they take', async () => {
    const { reply } = await client.execute('%matplotlib inline\n1')
    assert.equal(reply.ename, 'UnknownMagic')
    assert.equal(reply.evalue, '%matplotlib is no magic here: there are %time, %env and %install')
    assert.match((await client.execute('%install')).reply.evalue, /which package/)
    assert.match((await client.execute('%install --global')).reply.evalue, /is no name of a package/)
  })

  it('is not taken in by a remainder', async () => {
    assert.equal((await client.execute('17\n% 5')).result(), '2')
  })

  it('completes and inspects behind a magic', async () => {
    const { matches, cursor_start } = await client.request('complete_request', {
      code: '%time Math.sq',
      cursor_pos: 13,
    })
    assert.ok(matches.includes('sqrt'))
    assert.equal(cursor_start, 11)
    const answer = await client.request('is_complete_request', { code: '%time f(' })
    assert.equal(answer.status, 'incomplete')
  })
})
