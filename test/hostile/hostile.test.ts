import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { execa } from 'execa'
import { cases } from './cases.js'
import type { Tried } from './hostileCase.js'

/** By how much memory may rise while a file is refused, MiB: a JSON text of a few megabytes in several forms. */
const most = 48

describe('files that are broken or made to do harm', function () {
  this.timeout(180_000)
  const tried = new Map<string, Tried>()
  let root: string
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'adt-hostile-'))
    const script = fileURLToPath(new URL('./try.ts', import.meta.url))
    const { stdout } = await execa(process.execPath, ['--import', 'tsx', script, root])
    for (const line of stdout.split('\n').filter(line => line.startsWith('{'))) {
      const result = JSON.parse(line) as Tried
      tried.set(`${result.area}: ${result.name}`, result)
    }
  })
  after(() => rm(root, { recursive: true, force: true }))

  for (const { area, name, says } of cases) {
    it(`${area}: ${name}`, () => {
      const { message, growth = 0 } = tried.get(`${area}: ${name}`)!
      if (says === 'read') assert.equal(message, undefined)
      else assert.match(message ?? 'it was read', says)
      assert.ok(growth < most, `memory rose by ${growth.toFixed(1)} MiB`)
    })
  }
})
