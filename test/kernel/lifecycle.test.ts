import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Client } from './client.js'

describe('kernel: protocol, end of life', function () {
  this.timeout(60_000)
  let client: Client
  beforeEach(async () => {
    client = await Client.start()
  })
  afterEach(() => client.stop())

  it('drops wrongly signed and malformed messages and lives on', async () => {
    client.send('execute_request', { code: 'console.log("forged")' }, { key: 'not the key' })
    await client.sendRaw(['no delimiter'])
    await client.sendRaw(['<IDS|MSG>', 'signature', '{}'])
    assert.equal((await client.execute('2 + 3')).result(), '5')
    assert.ok(!client.published.some(({ content }) => content.text?.includes('forged')))
    assert.match(client.stderr, /wrong signature/)
    assert.match(client.stderr, /no <IDS\|MSG> delimiter/)
  })

  it('greets whoever subscribes before anything else, in the middle of much printing', async () => {
    const id = client.send('execute_request', {
      code: 'let prints = true; while (prints) { console.log("x"); console.error("y"); await new Promise(done => setTimeout(done, 1)) }',
    })
    await client.until(() => client.of(id).some(({ type }) => type === 'stream'))
    for (let i = 0; i < 30; i++) {
      const subscriber = client.subscribe()
      assert.equal((await subscriber.next()).type, 'iopub_welcome')
      subscriber.close()
    }
    await client.request('interrupt_request', {}, { channel: 'control' })
    await client.cell(id)
  })

  it('ignores a message type that it does not know', async () => {
    client.send('no_such_request', {})
    assert.equal((await client.execute('1')).result(), '1')
  })

  it('answers heartbeat and control while a cell never yields', async () => {
    const id = client.send('execute_request', { code: 'console.log("go"); while (true) {}' })
    await client.until(() => client.of(id).some(({ type }) => type === 'stream'))
    assert.equal(await client.beat(), 'beat')
    assert.equal((await client.request('kernel_info_request', {}, { channel: 'control' })).status, 'ok')
    await client.request('interrupt_request', {}, { channel: 'control' })
    await client.cell(id)
  })

  it('reports the end of the execution process in the cell within a second, and has a fresh one within three', async () => {
    const pid = Number((await client.execute('const lost = 1; process.pid')).result())
    const id = client.begin('console.log("go"); while (true) {}')
    await client.until(() => client.of(id).some(({ type }) => type === 'stream'))
    const killed = performance.now()
    process.kill(pid, 'SIGKILL')
    const { reply } = await client.cell(id)
    const told = performance.now()
    assert.equal(reply.ename, 'ExecutionProcessEnded')
    assert.match(reply.evalue, /SIGKILL/)
    assert.equal((await client.execute('1 + 1')).result(), '2')
    const went = performance.now()
    assert.ok(told - killed < 1000, `told after ${told - killed} ms`)
    assert.ok(went - told < 3000, `the next cell took ${went - told} ms`)
    assert.match((await client.execute('lost')).reply.evalue, /Cannot find name 'lost'/)
  })

  it('reports it also when a process that the cell started lives on', async () => {
    const { reply } = await client.execute(
      'require("child_process").spawn("sleep", ["20"], { stdio: "inherit" }); process.kill(process.pid, "SIGKILL")',
    )
    assert.equal(reply.ename, 'ExecutionProcessEnded')
  })

  it('answers shutdown_request with its restart flag and ends at once, with a cell that never yields', async () => {
    const id = client.send('execute_request', { code: 'console.log(process.pid); while (true) {}' })
    await client.until(() => client.of(id).some(({ type }) => type === 'stream'))
    const { text } = client.of(id).find(({ type }) => type === 'stream')!.content
    const ended = once(client.child, 'exit')
    const reply = await client.request('shutdown_request', { restart: true }, { channel: 'control' })
    assert.equal(reply.restart, true)
    assert.equal((await ended)[0], 0)
    await gone(Number(text))
  })

  it('sends everything before it ends, to one that reads slowly too', async () => {
    const slow = client.subscribe()
    assert.equal((await slow.next()).type, 'iopub_welcome')
    await client.execute('for (let i = 0; i < 30; i++) jupyter.display({ "text/plain": "x".repeat(1_000_000) })')
    await client.request('shutdown_request', { restart: false }, { channel: 'control' })
    await new Promise(done => setTimeout(done, 100))
    const types: string[] = []
    while (types.at(-1) !== 'shutdown_reply') types.push((await slow.next()).type)
    assert.equal(types.filter(type => type === 'display_data').length, 30)
    slow.close()
  })

  it('leaves no process behind when the kernel is killed', async () => {
    const id = client.send('execute_request', { code: 'console.log(process.pid); while (true) {}' })
    await client.until(() => client.of(id).some(({ type }) => type === 'stream'))
    const { text } = client.of(id).find(({ type }) => type === 'stream')!.content
    client.child.kill('SIGKILL')
    await gone(Number(text))
  })

  it('says which library is not there, and works without it', async () => {
    const { mkdtemp, writeFile } = await import('node:fs/promises')
    const { tmpdir } = await import('node:os')
    const { join } = await import('node:path')
    const preload = join(await mkdtemp(join(tmpdir(), 'adt-preload-')), 'preload.json')
    await writeFile(preload, '[{ "name": "absent", "module": "./absent.js" }]')
    const other = await Client.start({ preload })
    const cell = await other.execute('1 + 1')
    assert.equal(cell.result(), '2')
    assert.match(cell.printed('stderr'), /"absent" is not there: .*Is it built\?/)
    await other.stop()
  })
})

/** Waits until no process has this id. */
async function gone(pid: number): Promise<void> {
  for (;;) {
    try {
      process.kill(pid, 0)
    } catch {
      return
    }
    await new Promise(done => setTimeout(done, 20))
  }
}
