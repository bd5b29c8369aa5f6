import { strict as assert } from 'node:assert'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { WriteError, writeFileAtomic } from '../../src/data/index.js'

/** Runs a line of TypeScript in a process of its own: what it calls might never return. */
const elsewhere = (code: string) =>
  execa(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', code], { timeout: 20_000 })

describe('writing files', () => {
  let root: string
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'adt-files-'))
  })
  afterEach(() => rmSync(root, { recursive: true }))

  it('makes the folders that are missing, also behind a link', () => {
    mkdirSync(join(root, 'real'))
    symlinkSync(join(root, 'real'), join(root, 'link'))
    writeFileAtomic(join(root, 'link', 'a', 'b', 'file'), 'text')
    writeFileAtomic(join(root, 'link', 'a', 'b', 'file'), 'new')
    assert.equal(readFileSync(join(root, 'real', 'a', 'b', 'file'), 'utf8'), 'new')
    assert.deepEqual(readdirSync(join(root, 'real', 'a', 'b')), ['file'])
  })

  it('says what is in the way, and leaves nothing behind', () => {
    writeFileSync(join(root, 'file'), '')
    symlinkSync(join(root, 'gone'), join(root, 'nowhere'))
    const cases: [string, RegExp][] = [
      ['file/a', /file\/a: cannot be written: a file is in the way of its folder; choose another place/],
      ['file/a/b', /file\/a\/b: cannot be written: a file is in the way of its folder/],
      ['nowhere/a', /nowhere\/a: cannot be written: a file is in the way of its folder/],
      [`new/${'a'.repeat(300)}/b`, /cannot be written: its name is too long; choose a shorter one/],
      [`new/${'a'.repeat(300)}`, /cannot be written: its name is too long/],
    ]
    for (const [name, message] of cases) {
      assert.throws(
        () => writeFileAtomic(join(root, name), 'text'),
        (error: Error) => error instanceof WriteError && message.test(error.message),
        name,
      )
    }
    assert.deepEqual(readdirSync(root).sort(), ['file', 'nowhere'])
  })

  // Nobody can make a folder there, and the file system says that its parent is missing.
  const wherever = existsSync('/proc/self') ? it : undefined
  wherever?.('below /proc is an error at once, in whatever way the library writes', async () => {
    const { stdout } = await elsewhere(`
      import { writeFileAtomic } from './src/data/index.ts'
      import { emojiPixels } from './src/data/emojiSource.ts'
      import { atomically } from './src/models/files.ts'
      import { compileCache } from './src/tensorflow/compileCache.ts'
      import { createTrial } from './src/experiments/store.ts'
      process.env.ADT_CACHE = '/proc/cache'
      const ways = {
        writeFileAtomic: () => writeFileAtomic('/proc/x/y/file', ''),
        atomically: () => atomically('/proc/x/y/file', async () => {}),
        emojiPixels: () => emojiPixels('noto', 32),
        compileCache: () => compileCache('package.json'),
        createTrial: () => createTrial('/proc/x', { name: 'a' }, { key: 'b', arms: [{ method: 'adt' }] }),
      }
      for (const [name, way] of Object.entries(ways)) {
        try { await way(); console.log(name, 'wrote') } catch (error) { console.log(name, error.message) }
      }`)
    const lines = stdout.split('\n')
    assert.equal(lines.length, 5, stdout)
    for (const line of lines) assert.match(line, /\/proc\/.*(choose another place|name another folder with ADT_CACHE)/)
    for (const line of lines.slice(2, 4)) assert.match(line, /ADT_CACHE/)
  })
})
