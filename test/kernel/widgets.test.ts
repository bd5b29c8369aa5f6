import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { Client } from './client.js'

interface Attribute {
  name: string
  type: string | string[]
  enum?: string[]
  allow_none?: boolean
}

interface ModelSchema {
  model: { name: string; module: string; version: string }
  view: { name: string | null; module: string; version: string }
  attributes: Attribute[]
}

/** What ipywidgets says of its models. */
const schemas = createRequire(import.meta.url)(
  '@jupyter-widgets/schema/jupyterwidgetmodels.latest.json',
) as ModelSchema[]

describe('kernel: widgets', function () {
  this.timeout(60_000)
  let client: Client
  before(async () => {
    client = await Client.start()
  })
  after(() => client.stop())

  // biome-ignore lint/suspicious/noExplicitAny: a test looks into a message wherever it likes
  type Json = Record<string, any>

  const opened = () => client.published.filter(({ type }) => type === 'comm_open')
  const sentBy = (comm: string) =>
    client.published
      .filter(({ type, content }) => type === 'comm_msg' && content.comm_id === comm)
      .map(m => m.content.data)

  /** Runs a cell that ends with a widget and returns the widget's comm. */
  async function show(code: string): Promise<string> {
    const cell = await client.execute(code)
    assert.equal(cell.reply.status, 'ok', cell.reply.evalue)
    const view = cell.result('application/vnd.jupyter.widget-view+json') as Json
    assert.deepEqual([view.version_major, view.version_minor], [2, 0])
    return view.model_id
  }

  it("opens models with the version of the protocol and the state that ipywidgets' schema asks for", async () => {
    await show('const bar = jupyter.widgets.progress({ max: 10, description: "steps" }); bar')
    await show('jupyter.widgets.progress({ max: 1.5 })')
    await show('const λ = jupyter.widgets.slider({ max: 1, step: 0.01, value: 0.5, description: "λ" }); λ')
    await show('jupyter.widgets.slider()')
    const names = opened().map(({ content }) => content.data.state._model_name)
    for (const name of ['IntProgressModel', 'FloatProgressModel', 'FloatSliderModel', 'IntSliderModel']) {
      assert.ok(names.includes(name), name)
    }
    for (const { content, metadata } of opened()) {
      assert.equal(content.target_name, 'jupyter.widget')
      assert.equal(metadata.version, '2.1.0')
      assert.deepEqual(content.data.buffer_paths, [])
      checkState(content.data.state)
    }
  })

  function checkState(state: Json): void {
    const schema = schemas.find(({ model }) => model.name === state._model_name)
    assert.ok(schema, state._model_name)
    assert.equal(state._model_module, schema.model.module)
    assert.equal(state._view_name, schema.view.name)
    assert.equal(state._view_module, schema.view.module)
    for (const [name, value] of Object.entries(state)) {
      const attribute: Attribute | undefined = schema.attributes.find(known => known.name === name)
      assert.ok(attribute, `${state._model_name} has no ${name}`)
      if (attribute.enum && value !== null) assert.ok(attribute.enum.includes(value), `${name}: ${value}`)
      if (attribute.type === 'reference') {
        const model = opened().find(({ content }) => `IPY_MODEL_${content.comm_id}` === value)
        assert.ok(model, `${name} refers to a model that was opened before`)
      }
      const type: string | undefined = { int: 'number', float: 'number', bool: 'boolean', string: 'string' }[
        String(attribute.type)
      ]
      if (type && value !== null) assert.equal(typeof value, type, name)
      if (attribute.type === 'int') assert.ok(Number.isInteger(value), name)
    }
  }

  it('tells the page of a changed value, at a pace that it can follow, to the last', async () => {
    const comm = await show('const run = jupyter.widgets.progress({ max: 1000 }); run')
    await client.execute(
      'for (let i = 0; i < 1000; i++) run.value++\nawait new Promise(resolve => setTimeout(resolve, 80))',
    )
    const updates = sentBy(comm)
    assert.ok(updates.length >= 2 && updates.length < 100)
    assert.deepEqual(updates.at(-1), { method: 'update', state: { value: 1000 }, buffer_paths: [] })
    assert.equal((await client.execute('run.style = "success"; String(run.value)')).result(), "'1000'")
  })

  it('hears a slider, echoes what it heard, and calls back; what that prints belongs to its cell', async () => {
    const cell = client.send('execute_request', {
      code: 'const s = jupyter.widgets.slider({ max: 9, onChange: x => console.log("now", x) }); s',
      silent: false,
      store_history: true,
    })
    const model = (await client.cell(cell)).result('application/vnd.jupyter.widget-view+json') as Json
    client.send('comm_msg', {
      comm_id: model.model_id,
      data: { method: 'update', state: { value: 7 }, buffer_paths: [] },
    })
    await client.until(() =>
      client.of(cell).some(({ type, content }) => type === 'stream' && content.text === 'now 7\n'),
    )
    assert.deepEqual(sentBy(model.model_id)[0], { method: 'echo_update', state: { value: 7 }, buffer_paths: [] })
    assert.equal((await client.execute('s.value')).result(), '7')
  })

  it('tells its state when asked: one model, or all through jupyter.widget.control', async () => {
    const comm = await show('jupyter.widgets.slider({ value: 3 })')
    client.send('comm_msg', { comm_id: comm, data: { method: 'request_state' } })
    await client.until(() => sentBy(comm).length > 0)
    assert.equal(sentBy(comm)[0].method, 'update')
    checkState(sentBy(comm)[0].state)

    const control = 'control-of-a-page'
    client.send('comm_open', { comm_id: control, target_name: 'jupyter.widget.control', data: {} })
    client.send('comm_msg', { comm_id: control, data: { method: 'request_states' } })
    await client.until(() => sentBy(control).length > 0)
    const { method, states } = sentBy(control)[0]
    assert.equal(method, 'update_states')
    assert.equal(states[comm].model_name, 'IntSliderModel')
    assert.equal(states[comm].state.value, 3)
  })

  it('takes itself off the page, and shows itself in the middle of a cell', async () => {
    const cell = await client.execute('{ using bar = jupyter.widgets.progress().show() }')
    const shown = cell.messages.find(({ type }) => type === 'display_data')!.content.data
    const { model_id } = shown['application/vnd.jupyter.widget-view+json']
    assert.equal(shown['text/plain'], '0 of 100')
    assert.ok(cell.messages.some(({ type, content }) => type === 'comm_close' && content.comm_id === model_id))
  })

  it('refuses numbers that make no range', async () => {
    const refused: Record<string, RegExp> = {
      'progress({ min: 5, max: 5 })': /min \(5\) must be below its max \(5\)/,
      'slider({ value: 101 })': /value \(101\) must be from 0 to 100/,
      'slider({ step: 0 })': /step must be above 0, not 0/,
      'slider({ max: NaN })': /max must be a number, not NaN/,
    }
    for (const [code, message] of Object.entries(refused)) {
      assert.match((await client.execute(`jupyter.widgets.${code}`)).reply.evalue, message)
    }
  })
})
