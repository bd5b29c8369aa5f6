import assert from 'node:assert/strict'
import { Client } from './client.js'

const STDIN = { allow_stdin: true }

describe('kernel: input', function () {
  this.timeout(60_000)
  let client: Client
  before(async () => {
    client = await Client.start()
  })
  after(() => client.stop())

  /** Waits for the question that is the next after so many. */
  const question = async (before: number) => {
    await client.until(() => client.asked.length > before)
    return client.asked[before]!
  }

  it('asks the front end that runs the cell, and gives its answer', async () => {
    const before = client.asked.length
    const id = client.begin('const name = await input("Your name? ")\nname.toUpperCase()', STDIN)
    const { type, content, parent } = await question(before)
    assert.equal(type, 'input_request')
    assert.deepEqual(content, { prompt: 'Your name? ', password: false })
    assert.equal(parent.msg_id, id)
    client.answer('ada')
    assert.equal((await client.cell(id)).result(), "'ADA'")
  })

  it('asks for a password, from within nested functions, also without a prompt', async () => {
    const before = client.asked.length
    const id = client.begin(
      `const ask = async () => { await 0; return Promise.all([jupyter.input('', { password: true })]) }
       await new Promise(done => setTimeout(done, 1))
       const [secret] = await ask()
       secret`,
      STDIN,
    )
    assert.deepEqual((await question(before)).content, { prompt: '', password: true })
    client.answer('secret ✓')
    assert.equal((await client.cell(id)).result(), "'secret ✓'")
  })

  it('is typed', async () => {
    const { reply } = await client.execute('const age: number = await input("Age? ")', STDIN)
    assert.match(reply.evalue, /'string' is not assignable to type 'number'/)
  })

  it('puts one question at a time', async () => {
    const before = client.asked.length
    const id = client.begin('await Promise.all([input("a"), input("b")])', STDIN)
    assert.equal((await question(before)).content.prompt, 'a')
    assert.equal((await client.request('kernel_info_request')).status, 'ok')
    assert.equal(client.asked.length, before + 1)
    client.answer('1')
    assert.equal((await question(before + 1)).content.prompt, 'b')
    client.answer('2')
    assert.equal((await client.cell(id)).result(), "[ '1', '2' ]")
  })

  it('answers heartbeat, control, completion and comms while it waits', async () => {
    const before = client.asked.length
    await client.execute(
      'let heard = ""; jupyter.onComm("adt.meanwhile", (_comm, { data }) => { heard = String(data) })',
    )
    const id = client.begin('await input("?") + heard', STDIN)
    await question(before)
    assert.equal(await client.beat(), 'beat')
    assert.equal((await client.request('kernel_info_request', {}, { channel: 'control' })).status, 'ok')
    assert.ok((await client.request('complete_request', { code: 'Math.sq', cursor_pos: 7 })).matches.includes('sqrt'))
    client.send('comm_open', { comm_id: 'meanwhile', target_name: 'adt.meanwhile', data: 'x' })
    await client.request('comm_info_request')
    client.answer('answer, ')
    assert.equal((await client.cell(id)).result(), "'answer, x'")
  })

  it('says so where the front end takes no input', async () => {
    const before = client.asked.length
    const { reply } = await client.execute('await input("?")', { allow_stdin: false })
    assert.match(reply.evalue, /takes no input \(allow_stdin is false\)/)
    assert.match((await client.execute('await input("?")')).reply.evalue, /takes no input/)
    assert.equal(client.asked.length, before)
  })

  it('can be interrupted, and asks again in the next cell', async () => {
    const before = client.asked.length
    const id = client.begin('await input("first")', STDIN)
    const first = await question(before)
    await client.request('interrupt_request', {}, { channel: 'control' })
    assert.equal((await client.cell(id)).reply.ename, 'Interrupted')
    const next = client.begin('await input("second")', STDIN)
    await question(before + 1)
    // The answer to the question that was taken back comes late.
    client.send('input_reply', { value: 'late' }, { channel: 'stdin', parent: first.header })
    client.answer('right')
    assert.equal((await client.cell(next)).result(), "'right'")
  })

  it('takes an answer without a parent header, as some front ends send it, and no forged one', async () => {
    const before = client.asked.length
    const id = client.begin('await input("?")', STDIN)
    await question(before)
    client.send('input_reply', { value: 'forged' }, { channel: 'stdin', key: 'not the key' })
    client.send('input_reply', { value: 'plain' }, { channel: 'stdin' })
    assert.equal((await client.cell(id)).result(), "'plain'")
    client.send('input_reply', { value: 'nobody asked' }, { channel: 'stdin' })
    assert.equal((await client.execute('1')).result(), '1')
  })

  it('refuses when the cell that asks is over', async () => {
    const id = client.begin(
      'setTimeout(async () => console.log(await input("?").catch(error => error.message)), 50)',
      STDIN,
    )
    await client.cell(id)
    await client.until(() => client.of(id).some(({ content }) => /has ended/.test(content.text ?? '')))
  })

  it('takes back the question of a cell that ends without waiting for it', async () => {
    const before = client.asked.length
    await client.execute('void input("left behind"); undefined', STDIN)
    const id = client.begin('await input("mine")', STDIN)
    await client.until(() => client.asked.some(({ content }) => content.prompt === 'mine'))
    client.answer('yes')
    assert.equal((await client.cell(id)).result(), "'yes'")
    assert.ok(client.asked.length >= before + 1)
  })
})
