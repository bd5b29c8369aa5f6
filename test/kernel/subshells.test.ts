import assert from 'node:assert/strict'
import { Client } from './client.js'

const CONTROL = { channel: 'control' } as const

describe('kernel: subshells', function () {
  this.timeout(60_000)
  let client: Client
  let subshell: string
  before(async () => {
    client = await Client.start()
    subshell = (await client.request('create_subshell_request', {}, CONTROL)).subshell_id
  })
  after(() => client.stop())

  const there = () => ({ header: { subshell_id: subshell } })
  /** Starts a cell of the main shell that awaits until `release()` runs in another cell. */
  const waitingCell = async () => {
    await client.execute('let release = (value: string) => {}')
    const id = client.begin(
      'console.log("waits"); await new Promise<string>(done => { release = done; jupyter.openComm("waits") })',
    )
    await client.until(() => client.of(id).some(({ type }) => type === 'comm_open'))
    return id
  }

  it('says that it has them', async () => {
    assert.ok((await client.request('kernel_info_request')).supported_features.includes('kernel subshells'))
  })

  it('makes, lists and deletes them', async () => {
    const { status, subshell_id: other } = await client.request('create_subshell_request', {}, CONTROL)
    assert.equal(status, 'ok')
    assert.deepEqual((await client.request('list_subshell_request', {}, CONTROL)).subshell_id, [subshell, other])
    assert.equal((await client.request('delete_subshell_request', { subshell_id: other }, CONTROL)).status, 'ok')
    assert.deepEqual((await client.request('list_subshell_request', {}, CONTROL)).subshell_id, [subshell])
    const again = await client.request('delete_subshell_request', { subshell_id: other }, CONTROL)
    assert.equal(again.status, 'error')
    assert.match(again.evalue, /there is no subshell/)
  })

  it('runs a cell while one of the main shell awaits, with the same variables', async () => {
    const id = await waitingCell()
    const beside = await client.execute('const beside = 6 * 7; beside', {}, there())
    assert.equal(beside.result(), '42')
    assert.equal(beside.messages.at(-1)!.parent.subshell_id, subshell)
    await client.execute('release("freed")', {}, there())
    assert.equal((await client.cell(id)).result(), "'freed'")
    assert.equal((await client.execute('beside')).result(), '42')
  })

  it('keeps the output and the value of each cell apart', async () => {
    const code = (name: string) =>
      `for (let i = 0; i < 20; i++) { console.log(${JSON.stringify(name)}); await new Promise(done => setTimeout(done, 1)) }\n${JSON.stringify(name)}`
    const [main, side] = await Promise.all([client.execute(code('main')), client.execute(code('side'), {}, there())])
    assert.equal(main.printed(), 'main\n'.repeat(20))
    assert.equal(side.printed(), 'side\n'.repeat(20))
    assert.deepEqual([main.result(), side.result()], ["'main'", "'side'"])
  })

  it('counts cells of all shells together, and keeps declarations that were made at the same time', async () => {
    const runs = await Promise.all(
      [0, 1, 2, 3, 4, 5].map(i => client.execute(`const made${i} = ${i}`, {}, i % 2 ? there() : {})),
    )
    const counts = runs.map(({ reply }) => reply.execution_count as number)
    assert.equal(new Set(counts).size, 6)
    assert.equal((await client.execute('made0 + made1 + made2 + made3 + made4 + made5')).result(), '15')
  })

  it('aborts after an error only what waits in the same shell', async () => {
    const ids = [
      client.begin('await new Promise(done => setTimeout(done, 100)); throw new Error("main")'),
      client.begin('1'),
    ]
    const beside = client.begin('await new Promise(done => setTimeout(done, 200)); 2', {}, there())
    const after = client.begin('3', {}, there())
    assert.deepEqual(await Promise.all(ids.map(async id => (await client.cell(id)).reply.status)), ['error', 'aborted'])
    assert.equal((await client.cell(beside)).result(), '2')
    assert.equal((await client.cell(after)).result(), '3')
  })

  it('interrupts the cells of all shells', async () => {
    const ids = [await waitingCell(), client.begin('await new Promise(() => {})', {}, there())]
    await client.until(() => client.of(ids[1]!).some(({ type }) => type === 'execute_input'))
    await client.request('interrupt_request', {}, CONTROL)
    for (const id of ids) assert.equal((await client.cell(id)).reply.ename, 'Interrupted')
  })

  it('hears comm messages of a subshell while a cell awaits, also of one that is gone', async () => {
    await client.execute('jupyter.onComm("adt.side", (comm, { data }) => comm.send(data))')
    const id = await waitingCell()
    const sent = client.send('comm_open', { comm_id: 'side', target_name: 'adt.side', data: 'here' }, there())
    await client.until(() => client.of(sent).some(({ content }) => content.execution_state === 'idle'))
    assert.ok(client.published.some(({ type, content }) => type === 'comm_msg' && content.data === 'here'))
    const gone = { header: { subshell_id: 'gone' } }
    client.send('comm_close', { comm_id: 'side', data: {} }, gone)
    assert.equal((await client.request('comm_info_request', { target_name: 'adt.side' })).comms.side, undefined)
    await client.execute('release("")', {}, there())
    await client.cell(id)
  })

  it('refuses requests for a subshell that is not there', async () => {
    for (const type of ['execute_request', 'kernel_info_request', 'complete_request']) {
      const reply = await client.request(type, { code: '1' }, { header: { subshell_id: 'none' } })
      assert.equal(reply.status, 'error')
      assert.match(reply.evalue, /there is no subshell none/)
    }
  })

  it('aborts what waits in a subshell that is deleted', async () => {
    const { subshell_id } = await client.request('create_subshell_request', {}, CONTROL)
    const header = { subshell_id }
    const ids = ['await new Promise(done => setTimeout(done, 100)); 1', '2'].map(code =>
      client.begin(code, {}, { header }),
    )
    await client.until(() => client.of(ids[0]!).some(({ type }) => type === 'execute_input'))
    await client.request('delete_subshell_request', { subshell_id }, CONTROL)
    assert.equal((await client.cell(ids[0]!)).result(), '1')
    assert.equal((await client.cell(ids[1]!)).reply.status, 'aborted')
  })
})
