import assert from 'node:assert/strict'
import { Client } from './client.js'

describe('kernel: interrupts', function () {
  this.timeout(60_000)
  let client: Client
  before(async () => {
    client = await Client.start()
    await client.execute('const kept = 7; const started = () => console.log("go")')
  })
  after(() => client.stop())

  const interruptible = {
    'a synchronous loop': 'started(); while (true) {}',
    'a pending await': 'started(); await new Promise(() => {})',
    'a synchronous loop after an await': 'started(); await 0; while (true) {}',
    'a microtask loop': 'started(); while (true) await 0',
    'a synchronous loop in a timer': 'started(); await new Promise(() => setTimeout(() => { while (true) {} }, 1))',
    'a synchronous loop in an immediate': 'started(); await new Promise(() => setImmediate(() => { while (true) {} }))',
    'a loop of timers': 'started(); while (true) await new Promise(done => setTimeout(done, 5))',
    'a regular expression that backtracks': 'started(); /^(a+)+$/.test("a".repeat(40) + "b")',
    'endless printing': 'started(); while (true) console.log("x".repeat(1000))',
    'a loop that catches all errors': 'started(); while (true) { try { while (true) {} } catch {} }',
  }
  for (const [name, code] of Object.entries(interruptible)) {
    it(`ends ${name} and keeps variables`, async () => {
      const id = client.send('execute_request', { code })
      await client.until(() => client.of(id).some(({ type }) => type === 'stream'))
      const began = Date.now()
      assert.equal((await client.request('interrupt_request', {}, { channel: 'control' })).status, 'ok')
      const { reply } = await client.cell(id)
      assert.equal(reply.ename, 'Interrupted')
      assert.ok(Date.now() - began < 2000, `took ${Date.now() - began} ms`)
      assert.equal((await client.execute('kept')).result(), '7')
    })
  }

  it('tells the running cell by a signal', async () => {
    const id = client.send('execute_request', {
      code: `const signal = jupyter.interruptSignal()
        signal.addEventListener("abort", () => console.log("heard"))
        console.log("go")
        await new Promise(() => {})`,
    })
    await client.until(() => client.of(id).some(({ type }) => type === 'stream'))
    await client.request('interrupt_request', {}, { channel: 'control' })
    await client.cell(id)
    await client.until(() => client.of(id).some(({ content }) => content.text === 'heard\n'))
    assert.equal((await client.execute('signal.aborted')).result(), 'true')
    assert.equal((await client.execute('jupyter.interruptSignal().aborted')).result(), 'false')
  })

  it('lets a step of a library that heeds the signal come to its end, unless it is interrupted twice', async () => {
    const step = (ms: number) =>
      `console.log("go"); host.step(() => { const end = Date.now() + ${ms}; while (Date.now() < end); }); console.log("whole"); await new Promise(() => {})`
    await client.execute('const host = (globalThis as any)[Symbol.for("adt.host")]')
    const once = client.begin(step(500))
    await client.until(() => client.of(once).some(({ type }) => type === 'stream'))
    await client.request('interrupt_request', {}, { channel: 'control' })
    const { reply, printed } = await client.cell(once)
    assert.equal(reply.ename, 'Interrupted')
    assert.equal(printed(), 'go\nwhole\n')

    const twice = client.begin(step(60_000))
    await client.until(() => client.of(twice).some(({ type }) => type === 'stream'))
    for (let i = 0; i < 2; i++) await client.request('interrupt_request', {}, { channel: 'control' })
    assert.equal((await client.cell(twice)).reply.ename, 'Interrupted')
    assert.equal((await client.execute('1')).result(), '1')
  })

  it('does nothing at rest', async () => {
    await client.request('interrupt_request', {}, { channel: 'control' })
    assert.equal((await client.execute('1')).result(), '1')
  })
})
