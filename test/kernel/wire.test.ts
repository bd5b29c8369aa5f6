import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import { Client } from './client.js'
import { matches } from './matches.js'
import { type WireCase, wireCases } from './wireCases.js'

describe('kernel: over the wire', function () {
  this.timeout(60_000)
  let client: Client
  before(async () => {
    client = await Client.start()
  })
  after(() => client.stop())

  describe('each type of message', () => {
    for (const wireCase of wireCases) it(wireCase.name, () => check(client, wireCase))
  })

  describe('frames that are no message are dropped', () => {
    const header = (fields = {}) => ({ msg_id: randomUUID(), msg_type: 'kernel_info_request', session: '', ...fields })
    const parent = () => ({ msg_id: randomUUID() })
    const frames = (...parts: unknown[]) => parts.map(part => (typeof part === 'string' ? part : JSON.stringify(part)))
    const signed = (parts: string[]) => ['<IDS|MSG>', client.sign(parts), ...parts]
    const good = () => frames(header(), {}, {}, {})

    const dropped: Record<string, [make: () => (string | Buffer)[], why: RegExp]> = {
      'one empty frame': [() => [''], /no <IDS\|MSG> delimiter/],
      'no delimiter': [() => signed(good()).slice(1), /no <IDS\|MSG> delimiter/],
      'a delimiter in other letters': [() => ['<ids|msg>', ...signed(good()).slice(1)], /no <IDS\|MSG> delimiter/],
      'nothing but a delimiter': [() => ['<IDS|MSG>'], /only 0 frames follow/],
      'no content': [() => signed(good()).slice(0, 5), /only 4 frames follow/],
      'no signature': [() => ['<IDS|MSG>', '', ...good()], /wrong signature/],
      'a signature by another key': [() => ['<IDS|MSG>', client.sign(good(), 'another'), ...good()], /wrong signature/],
      'a signature of another message': [() => ['<IDS|MSG>', client.sign(good()), ...good()], /wrong signature/],
      'half a signature': [
        () => {
          const [mark, signature, ...parts] = signed(good())
          return [mark!, signature!.slice(0, 32), ...parts]
        },
        /wrong signature/,
      ],
      'a signature over the buffers too': [
        () => {
          const [parts, buffer] = [good(), 'buffer']
          return ['<IDS|MSG>', client.sign([...parts, buffer]), ...parts, buffer]
        },
        /wrong signature/,
      ],
      'content that was changed on the way': [
        () =>
          signed(frames(header({ msg_type: 'execute_request' }), {}, {}, { code: 'console.log("as sent")' })).map(
            frame => frame.replace('as sent', 'changed'),
          ),
        /wrong signature/,
      ],
      'a header that is no JSON': [() => signed(frames('{"msg_id": ', parent(), {}, {})), /JSON/],
      'content that is no JSON': [() => signed(frames(header(), {}, {}, 'NaN')), /JSON/],
      'an empty content frame': [() => signed(frames(header(), {}, {}, '')), /JSON/],
      'a header that is a list': [() => signed(frames([], parent(), {}, {})), /no JSON object/],
      'content that is a list': [() => signed(frames(header(), {}, {}, [])), /no JSON object/],
      'content that is null': [() => signed(frames(header(), {}, {}, null)), /no JSON object/],
      'content that is a number': [() => signed(frames(header(), {}, {}, 7)), /no JSON object/],
      'a header without a type': [() => signed(frames(header({ msg_type: undefined }), {}, {}, {})), /lacks msg_type/],
      'a header without an id': [
        () => signed(frames(header({ msg_id: undefined }), parent(), {}, {})),
        /lacks msg_type or msg_id/,
      ],
      'a type that is no string': [() => signed(frames(header({ msg_type: 5 }), {}, {}, {})), /lacks msg_type/],
    }
    for (const [name, [make, why]] of Object.entries(dropped)) {
      it(name, async () => {
        for (const channel of ['shell', 'control', 'stdin'] as const) {
          const [seen, broadcast] = [client.stderr.length, client.published.length]
          await client.sendRaw(make(), channel)
          assert.equal((await client.request('kernel_info_request')).status, 'ok')
          await client.warned(why, seen)
          assert.ok(client.stderr.slice(seen).includes(`on ${channel} was dropped`))
          const others = client.published.slice(broadcast).filter(({ type }) => type !== 'status')
          assert.deepEqual(others, [])
        }
      })
    }

    it('a message that was sent before', async () => {
      const parts = frames(header({ msg_type: 'execute_request' }), {}, {}, { code: 'console.log("once")' })
      for (let i = 0; i < 3; i++) await client.sendRaw(signed(parts))
      await client.execute('1')
      assert.equal(client.published.filter(({ content }) => content.text === 'once\n').length, 1)
      await client.warned(/a signature that was used before/)
    })

    it('a message of a type that nobody knows', async () => {
      const id = client.send('no_such_request', {})
      await client.request('kernel_info_request')
      assert.deepEqual(client.of(id), [])
      await client.warned(/unknown type "no_such_request"/)
    })
  })

  describe('much', () => {
    it('10,000 comm messages come back, all of them, in order', async () => {
      await client.execute('jupyter.onComm("adt.flood", comm => comm.onMessage(({ data }) => comm.send(data)))')
      client.send('comm_open', { comm_id: 'flood', target_name: 'adt.flood', data: {} })
      const ids = Array.from({ length: 10_000 }, (_, i) => client.send('comm_msg', { comm_id: 'flood', data: i }))
      const back = () =>
        client.published.filter(({ type, content }) => type === 'comm_msg' && content.comm_id === 'flood')
      await client.until(() => client.of(ids.at(-1)!).at(-1)?.content.execution_state === 'idle')
      assert.deepEqual(
        back().map(({ content }) => content.data),
        Array.from({ length: 10_000 }, (_, i) => i),
      )
    })

    it('10,000 requests have 10,000 replies, while a cell runs', async () => {
      const cell = client.begin('console.log("go"); while (true) {}')
      await client.until(() => client.of(cell).some(({ type }) => type === 'stream'))
      const ids = Array.from({ length: 10_000 }, () => client.send('comm_info_request', {}))
      for (const id of ids) assert.equal((await client.replyTo(id)).content.status, 'ok')
      await client.request('interrupt_request', {}, { channel: 'control' })
      await client.cell(cell)
    })

    it('100,000 lines arrive, to the last, also without a pause for breath', async () => {
      const cell = await client.execute('for (let i = 0; i < 100_000; i++) process.stdout.write(i + "\\n")')
      assert.equal(cell.printed(), Array.from({ length: 100_000 }, (_, i) => `${i}\n`).join(''))
    })

    it('a buffer of 100 MB goes there and back, byte for byte, and the heart beats meanwhile', async () => {
      await client.execute(
        'jupyter.onComm("adt.large", (comm, { buffers }) => comm.send({ count: buffers.length }, { buffers }))',
      )
      const pattern = randomBytes(1_000_000)
      const buffers = [Buffer.concat(Array.from({ length: 100 }, () => pattern)), Buffer.alloc(0), Buffer.from('end')]
      client.send('comm_open', { comm_id: 'large', target_name: 'adt.large', data: {} }, { buffers })
      assert.equal(await client.beat(), 'beat')
      const back = () =>
        client.published.find(({ type, content }) => type === 'comm_msg' && content.comm_id === 'large')
      await client.until(() => back() !== undefined)
      assert.deepEqual(back()!.content.data, { count: 3 })
      assert.ok(buffers.every((buffer, index) => buffer.equals(back()!.buffers[index]!)))
      // Not kept for the tests that follow.
      back()!.buffers.length = 0
    })

    it('large output is whole after an interrupt in the middle of it', async () => {
      const id = client.begin(
        'const large = new Uint8Array(3_000_000); const flood = jupyter.openComm("flood"); while (true) flood.send(1, { buffers: [large] })',
      )
      await client.until(() => client.of(id).filter(({ type }) => type === 'comm_msg').length > 2)
      await client.request('interrupt_request', {}, { channel: 'control' })
      assert.equal((await client.cell(id)).reply.ename, 'Interrupted')
      for (const { buffers } of client.of(id)) assert.ok(buffers.every(({ length }) => length === 3_000_000))
      assert.equal((await client.execute('1 + 1')).result(), '2')
    })
  })
})

async function check(client: Client, { cells = [], type, content = {}, channel, header, ...expected }: WireCase) {
  for (const cell of cells) await client.execute(cell)
  const id = client.send(type, content, { ...(channel && { channel }), ...(header && { header }) })
  const state = (wanted: string) => client.of(id).findIndex(({ content }) => content.execution_state === wanted)
  await client.until(() => state('idle') >= 0)
  assert.equal(state('busy'), 0)
  assert.equal(state('idle'), client.of(id).length - 1)
  const broadcast = client.of(id).slice(1, -1)
  if (expected.broadcast) {
    assert.deepEqual(
      broadcast.map(message => message.type),
      expected.broadcast.map(([type]) => type),
    )
    for (const [index, [, content]] of expected.broadcast.entries()) matches(broadcast[index]!.content, content ?? {})
  }
  for (const { parent, header } of client.of(id)) {
    assert.equal(parent.msg_type, type)
    assert.equal(header.version, '5.5')
  }
  if (!expected.reply) return assert.equal(client.replied(id), undefined)
  const reply = await client.replyTo(id)
  assert.equal(reply.type, type.replace('_request', '_reply'))
  assert.equal(reply.parent.msg_id, id)
  matches(reply.content, expected.reply)
}
