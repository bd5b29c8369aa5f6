import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { Client, type Received } from './client.js'

describe('kernel: comms', function () {
  this.timeout(60_000)
  let client: Client
  before(async () => {
    client = await Client.start()
  })
  after(() => client.stop())

  it('opens one from a cell, streams to the page while the cell never yields, and lists it', async () => {
    const id = client.send('execute_request', {
      code: `const live = jupyter.openComm("adt.test", { hello: 1 })
        for (let i = 0; i < 200; i++) live.send({ i })
        while (true) {}`,
    })
    await client.until(() => client.of(id).filter(({ type }) => type === 'comm_msg').length === 200)
    const [open] = client.of(id).filter(({ type }) => type === 'comm_open')
    assert.equal(open!.content.target_name, 'adt.test')
    assert.deepEqual(open!.content.data, { hello: 1 })
    const { comms } = await client.request('comm_info_request', { target_name: 'adt.test' })
    assert.deepEqual(comms, { [open!.content.comm_id]: { target_name: 'adt.test' } })
    const others = await client.request('comm_info_request', { target_name: 'another' })
    assert.deepEqual(others.comms, {})
    await client.request('interrupt_request', {}, { channel: 'control' })
    await client.cell(id)
  })

  it('echoes binary buffers, byte for byte', async () => {
    await client.execute(`
      jupyter.onComm("adt.echo", comm => comm.onMessage(({ data, buffers, metadata }) => comm.send({ data }, { buffers, metadata })))
    `)
    client.send('comm_open', { comm_id: 'echo', target_name: 'adt.echo', data: {} })
    const buffers = [randomBytes(3), Buffer.alloc(0), randomBytes(5_000_000)]
    client.send('comm_msg', { comm_id: 'echo', data: 'x' }, { buffers })
    const isEcho = ({ type, content }: Received) => type === 'comm_msg' && content.comm_id === 'echo'
    await client.until(() => client.published.some(isEcho))
    const echo = client.published.find(isEcho)!
    assert.deepEqual(echo.content, { comm_id: 'echo', data: { data: 'x' } })
    assert.equal(echo.buffers.length, 3)
    for (const [index, buffer] of buffers.entries()) assert.ok(buffer.equals(echo.buffers[index]!))
  })

  it('hears the page while a cell awaits', async () => {
    const id = client.send('execute_request', {
      code: `const stop = jupyter.openComm("adt.stop")
        await new Promise<void>(done => stop.onMessage(({ data }) => { console.log(data); done() }))`,
    })
    await client.until(() => client.of(id).some(({ type }) => type === 'comm_open'))
    const { comm_id } = client.of(id).find(({ type }) => type === 'comm_open')!.content
    client.send('comm_msg', { comm_id, data: 'enough' })
    assert.match((await client.cell(id)).printed(), /enough/)
  })

  it('closes a comm whose target nobody knows', async () => {
    const id = client.send('comm_open', { comm_id: 'stray', target_name: 'nobody', data: {} })
    await client.until(() => client.of(id).some(({ type }) => type === 'comm_close'))
    assert.deepEqual((await client.request('comm_info_request')).comms.stray, undefined)
  })

  it("tells a comm of its close; what the handler prints belongs to the handler's cell", async () => {
    const cell = client.send('execute_request', {
      code: 'jupyter.onComm("adt.close", comm => comm.onClose(() => console.log("closed")))',
    })
    await client.cell(cell)
    client.send('comm_open', { comm_id: 'short', target_name: 'adt.close', data: {} })
    const id = client.send('comm_close', { comm_id: 'short', data: {} })
    await client.until(() => client.of(id).some(({ content }) => content.execution_state === 'idle'))
    assert.ok(client.of(cell).some(({ content }) => content.text === 'closed\n'))
    assert.equal(client.of(id).at(-1)!.content.execution_state, 'idle')
  })

  it('shows the failure of a handler and lives on', async () => {
    await client.execute('jupyter.onComm("adt.fail", () => { throw new Error("handler broke") })')
    client.send('comm_open', { comm_id: 'bad', target_name: 'adt.fail', data: {} })
    await client.until(() => client.published.some(({ content }) => /handler broke/.test(content.text ?? '')))
    assert.equal((await client.execute('1')).result(), '1')
  })
})
