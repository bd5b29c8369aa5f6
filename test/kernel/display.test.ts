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

  it('shows tensors within other values by type and shape, without fetching their values', async () => {
    assert.equal((await client.execute('const t = tf.zeros([2, 3]); [[t]]')).result(), '[ [ Tensor float32 [2, 3] ] ]')
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

  it('shows SVG bytes as an image and other bytes as they are', async () => {
    const svg = '<?xml version="1.0"?>\n<!-- a dot --><svg xmlns="http://www.w3.org/2000/svg"/>'
    assert.equal((await client.execute(`Buffer.from(${JSON.stringify(svg)})`)).result('image/svg+xml'), svg)
    assert.match(String((await client.execute('Buffer.from("<p>")')).result()), /^<Buffer/)
  })

  it('shows an array of objects with equal keys as a table, escaped, in HTML and in text', async () => {
    const cell = await client.execute(
      '[{ name: "<b>", loss: 0.123456 }, { loss: 12, name: "long name" }, { name: null, loss: undefined }]',
    )
    assert.match(String(cell.result('text/html')), /<td style="text-align: left">&lt;b&gt;<\/td>/)
    assert.deepEqual(String(cell.result()).split('\n'), [
      'name         loss',
      '<b>        0.1235',
      'long name      12',
      '',
    ])
    const many = await client.execute('Array.from({ length: 1000 }, (_, i) => ({ i }))')
    assert.match(String(many.result()), /\n99\n… 900 more rows$/)
    assert.ok(String(many.result('text/html')).length < 10_000)
  })

  it('leaves other arrays and nested objects as they are', async () => {
    for (const code of ['[{ a: 1 }, { b: 1 }]', '[{ a: [1] }]', '[{}]', '[]', '[1]', '[new (class { a = 1 })()]']) {
      const cell = await client.execute(code)
      assert.equal(cell.result('text/html'), undefined, code)
      assert.match(String(cell.result()), /^\[/, code)
    }
  })

  it('hands figures of Plotly and Vega-Lite on by their own MIME types', async () => {
    const figure = { data: [{ type: 'bar', x: [1], y: [2], name: 'runs' }], layout: { title: { text: 'Loss' } } }
    const cell = await client.execute(JSON.stringify(figure).replace(/^/, '(').replace(/$/, ')'))
    assert.deepEqual(cell.result('application/vnd.plotly.v1+json'), figure)
    assert.equal(cell.result(), 'Plotly figure: Loss\n- runs bar')
    const chart = await client.execute('({ $schema: "https://vega.github.io/schema/vega-lite/v5.json", mark: "bar" })')
    assert.ok(chart.result('application/vnd.vegalite.v5+json'))
    assert.equal(
      (await client.execute('({ data: [1], layout: {} })')).result('application/vnd.plotly.v1+json'),
      undefined,
    )
  })

  it('shows an error that is a value with its causes, by lines of the cell', async () => {
    const cell = await client.execute('const inner = new RangeError("low")\nnew Error("high", { cause: inner })')
    const lines = String(cell.result()).split('\n')
    assert.match(lines[0]!, /Error.*: high/)
    assert.match(lines[1]!, /at cell\[\d+\]:2:1/)
    assert.equal(lines[2], 'caused by RangeError: low')
    assert.match(lines[3]!, /at cell\[\d+\]:1:15/)
  })

  it('shows the errors within an AggregateError', async () => {
    const { reply } = await client.execute(
      'await Promise.any([Promise.reject(new Error("one")), Promise.reject("two")])',
    )
    assert.ok(reply.traceback.includes('with Error: one'))
    assert.ok(reply.traceback.includes("with 'two'"))
  })

  it('cuts a text that would make a notebook slow', async () => {
    const cell = await client.execute(
      'Array.from({ length: 100 }, () => Array.from({ length: 100 }, () => "x".repeat(100)))',
    )
    assert.match(String(cell.result()), /\n… \d+ more characters$/)
    assert.ok(String(cell.result()).length < 101_000)
  })

  it('shows a value in the middle of a cell, too', async () => {
    const cell = await client.execute('await jupyter.show([{ a: 1 }]); 1')
    const { data } = cell.messages.find(({ type }) => type === 'display_data')!.content
    assert.equal(data['text/plain'], 'a\n1')
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
