import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { Client } from './client.js'

const LOGO = resolve(import.meta.dirname, '../../kernel/logo/logo-64x64.png')

describe('kernel: rich output', function () {
  this.timeout(60_000)
  let client: Client
  before(async () => {
    client = await Client.start()
  })
  after(() => client.stop())

  it('shows tensors by type and shape, without fetching their values, also within other values', async () => {
    assert.equal((await client.execute('const t = tf.zeros([2, 3]); t')).result(), 'Tensor float32 [2, 3]')
    assert.equal((await client.execute('({ t })')).result(), '{ t: Tensor float32 [2, 3] }')
    assert.equal((await client.execute('console.log(t)')).printed(), 'Tensor float32 [2, 3]\n')
  })

  it("asks a value's own Jupyter.display method, which may be asynchronous", async () => {
    const cell = await client.execute(
      '({ async [Symbol.for("Jupyter.display")]() { return { "text/plain": "p", "text/html": "<i>h</i>" } } })',
    )
    assert.equal(cell.result('text/html'), '<i>h</i>')
    assert.equal(cell.result('text/plain'), 'p')
  })

  it('makes the failure of such a method the failure of the cell', async () => {
    const cell = await client.execute('({ [Symbol.for("Jupyter.display")]() { throw new Error("ugly") } })')
    assert.equal(cell.reply.evalue, 'ugly')
  })

  it('shows PNG bytes as an image', async () => {
    const png = await readFile(LOGO)
    const cell = await client.execute(
      `import { readFileSync } from "node:fs"\nconst png = readFileSync(${JSON.stringify(LOGO)}); png`,
    )
    assert.equal(cell.result('image/png'), png.toString('base64'))
    const shown = await client.execute('jupyter.display({ "image/png": png, "text/plain": "logo" })')
    const { data } = shown.messages.find(({ type }) => type === 'display_data')!.content
    assert.deepEqual(data, { 'image/png': png.toString('base64'), 'text/plain': 'logo' })
  })

  it('updates and clears output, through the hook that libraries use', async () => {
    const cell = await client.execute(`
      const host = globalThis[Symbol.for("adt.host")]
      host.display({ "text/plain": "one" }, { id: "x", metadata: { m: 1 } })
      host.display({ "text/plain": "two" }, { id: "x", update: true })
      host.clearOutput({ wait: true })
    `)
    const outputs = cell.messages.filter(({ type }) => type !== 'status' && type !== 'execute_input')
    assert.deepEqual(
      outputs.map(({ type, content }) => [type, content]),
      [
        ['display_data', { data: { 'text/plain': 'one' }, metadata: { m: 1 }, transient: { display_id: 'x' } }],
        ['update_display_data', { data: { 'text/plain': 'two' }, metadata: {}, transient: { display_id: 'x' } }],
        ['clear_output', { wait: true }],
      ],
    )
  })

  it('refuses what is no MIME bundle', async () => {
    const { reply } = await client.execute('jupyter.display("text" as unknown as {})')
    assert.match(reply.evalue, /MIME bundle must be an object/)
  })
})
