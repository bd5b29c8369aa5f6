import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { Client } from './client.js'

describe('kernel: completion and inspection', function () {
  this.timeout(60_000)
  let client: Client
  before(async () => {
    client = await Client.start()
  })
  after(() => client.stop())

  const complete = (code: string, cursor_pos = code.length) => client.request('complete_request', { code, cursor_pos })

  it('completes preloaded libraries before any cell has run', async () => {
    assert.ok((await complete('lib.')).matches.includes('increment'))
    assert.ok((await complete('tf.ze')).matches.includes('zeros'))
    assert.ok((await complete('jupyter.')).matches.includes('display'))
  })

  it('completes what JavaScript has and what cells declared, with kinds', async () => {
    await client.execute('const person = { givenName: "Ada", age: 36 }')
    const math = await complete('Math.ma')
    assert.equal(math.matches[0], 'max')
    assert.equal(math.metadata._jupyter_types_experimental[0].type, 'method')
    const { matches, cursor_start, cursor_end } = await complete('person.gi')
    assert.deepEqual(matches, ['givenName'])
    assert.deepEqual([cursor_start, cursor_end], [7, 9])
  })

  it('gives signatures beside the kinds', async () => {
    await client.execute('function scaled(x: number, by = 2): number[] { return [x * by] }')
    const { matches, metadata } = await complete('scal')
    const [first] = metadata._jupyter_types_experimental
    assert.equal(matches[0], 'scaled')
    assert.deepEqual(
      [first.text, first.type, first.signature],
      ['scaled', 'function', '(x: number, by?: number) => number[]'],
    )
  })

  it('completes keys of options, members of a union of strings, and paths of imports', async () => {
    await client.execute(
      'interface Options { rate?: number; mode: "fast" | "slow" }\nfunction tune(o: Options) {}\nconst emoji = "🦊"',
    )
    assert.deepEqual((await complete('tune({ ')).matches, ['mode', 'rate'])
    assert.deepEqual((await complete('tune({ rate: 1, mo')).matches, ['mode'])
    const code = 'emoji; "🦊"; tune({ mode: "s'
    const union = await complete(code, [...code].length)
    assert.equal(union.matches[0], 'slow')
    assert.deepEqual([union.cursor_start, union.cursor_end], [[...code].length - 1, [...code].length])
    const node = await complete('import { join } from "node:pa')
    assert.ok(node.matches.includes('node:path'))
    assert.equal(node.cursor_start, 22)
    assert.ok((await complete('import { jo } from "node:path"', 11)).matches.includes('join'))
  })

  it('completes files beside the notebook, by the last part of their path', async () => {
    await client.execute('const { mkdirSync, writeFileSync } = await import("node:fs")')
    await client.execute('mkdirSync("parts"); writeFileSync("parts/wheel.ts", "export const wheel = 1")')
    const { matches, cursor_start, cursor_end } = await complete('import { wheel } from "./parts/wh"', 33)
    assert.deepEqual([matches, cursor_start, cursor_end], [['wheel'], 31, 33])
    assert.ok((await complete('import { wh } from "./parts/wheel"', 11)).matches.includes('wheel'))
  })

  it('describes the call whose parentheses the cursor is in', async () => {
    for (const code of ['lib.increment(', 'lib.increment( )']) {
      const { data } = await client.request('inspect_request', { code, cursor_pos: 14, detail_level: 0 })
      assert.match(data['text/plain'], /^increment\(x: number\): number/)
      assert.match(data['text/plain'], /x: the number to start from/)
    }
  })

  it('counts the cursor in code points', async () => {
    const code = '"🦊🦊"; Math.ma'
    const { cursor_start, cursor_end } = await complete(code, [...code].length)
    assert.deepEqual([cursor_start, cursor_end], [11, 13])
  })

  it('inspects: signature and documentation, as text and as Markdown', async () => {
    const code = 'lib.increment(1)'
    const { found, data } = await client.request('inspect_request', { code, cursor_pos: 13, detail_level: 0 })
    assert.equal(found, true)
    assert.match(data['text/plain'], /increment\(x: number\): number/)
    assert.match(data['text/plain'], /Adds one/)
    assert.match(data['text/markdown'], /^```typescript\n/)
    const nothing = await client.request('inspect_request', { code: '   ', cursor_pos: 1, detail_level: 0 })
    assert.equal(nothing.found, false)
  })

  it('tells complete, incomplete and invalid code apart', async () => {
    const expected = {
      complete: ['1 + 1', 'const f = () => {\n  return 1\n}', '', 'await f()', '`a`'],
      incomplete: ['for (const x of y) {', 'f(', 'const a =', '`abc', '/* open', 'if (a) {\n  b()'],
      invalid: ['let 1a = )(', 'const const', '1 + * 2', 'f())'],
    }
    for (const [status, samples] of Object.entries(expected)) {
      for (const code of samples) {
        assert.equal((await client.request('is_complete_request', { code })).status, status, code)
      }
    }
    assert.equal((await client.request('is_complete_request', { code: 'if (a) {' })).indent, '  ')
  })

  it('completes while a cell runs', async () => {
    const running = client.execute('{ const end = Date.now() + 1500; while (Date.now() < end); }')
    await client.until(() => client.published.at(-1)?.type === 'execute_input')
    const began = Date.now()
    assert.ok((await complete('Math.')).matches.includes('sqrt'))
    assert.ok(Date.now() - began < 1000)
    assert.equal((await running).reply.status, 'ok')
  })
})

describe('kernel: the process with TypeScript', function () {
  this.timeout(60_000)

  it('ends without a word when the kernel ends while it answers', async () => {
    const script = fileURLToPath(new URL('../../kernel/dist/language/process.js', import.meta.url))
    const options = { preloads: [], folder: process.cwd(), checking: 'error' }
    const child = spawn(process.execPath, [script, JSON.stringify(options)], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    const said = text(child.stderr!)
    for (let id = 0; id < 20; id++) child.send({ id, method: 'convert', args: [`const a${id}: number = ${id}`] })
    await once(child, 'message')
    child.disconnect()
    assert.deepEqual(await once(child, 'exit'), [0, null])
    assert.equal(await said, '')
  })
})
