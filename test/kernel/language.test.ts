import assert from 'node:assert/strict'
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
