import assert from 'node:assert/strict'
import { Client } from './client.js'

describe('kernel: cells', function () {
  this.timeout(60_000)
  let client: Client
  before(async () => {
    client = await Client.start()
  })
  after(() => client.stop())

  it('answers kernel_info', async () => {
    const info = await client.request('kernel_info_request')
    assert.equal(info.protocol_version, '5.5')
    assert.equal(info.language_info.name, 'typescript')
    assert.equal(info.language_info.version, '5.9.3')
  })

  it('sends busy, execute_input, execute_result and idle, in this order', async () => {
    const cell = await client.execute('1 + 1')
    assert.deepEqual(
      cell.messages.map(({ type, content }) => content.execution_state ?? type),
      ['busy', 'execute_input', 'execute_result', 'idle'],
    )
    assert.equal(cell.result(), '2')
    assert.equal(cell.reply.status, 'ok')
  })

  it('keeps declarations across cells and lets them be made anew with another type', async () => {
    await client.execute('const kept = 3; class Point { constructor(public x: number) {} }')
    assert.equal((await client.execute('kept * 2')).result(), '6')
    await client.execute('const kept = "now a string"')
    assert.equal((await client.execute('kept.toUpperCase()')).result(), "'NOW A STRING'")
    assert.equal((await client.execute('new Point(2).x')).result(), '2')
  })

  it('keeps what a cell had declared before it failed', async () => {
    const failed = await client.execute('const early = 41\nthrow new Error("late")')
    assert.equal(failed.reply.status, 'error')
    assert.equal((await client.execute('early + 1')).result(), '42')
  })

  it('takes names of earlier cells in shorthand properties too', async () => {
    await client.execute('let width = 2')
    assert.equal((await client.execute('const size = { width, height: 3 }; size')).result(), '{ width: 2, height: 3 }')
    assert.equal((await client.execute('({ width = 7 } = {} as { width?: number }); width')).result(), '7')
  })

  it('runs await in parentheses, for await and await using', async () => {
    assert.equal((await client.execute('await (async () => 5)()')).result(), '5')
    assert.equal((await client.execute('await (Promise.resolve(6))')).result(), '6')
    const loop = await client.execute('for await (const x of [Promise.resolve(1), 2]) console.log(x)')
    assert.equal(loop.printed(), '1\n2\n')
    const using = await client.execute(
      '{ await using file = { async [Symbol.asyncDispose]() { console.log("closed") } }; console.log("open") }',
    )
    assert.equal(using.printed(), 'open\nclosed\n')
  })

  it("gives names and types of Node and of today's libraries", async () => {
    const cell = await client.execute(
      'const bytes: Float32Array<ArrayBuffer> = new Float32Array(2); setTimeout(() => {}, 0); [3, 1, 2].toSorted()',
    )
    assert.equal(cell.result(), '[ 1, 2, 3 ]')
  })

  it('reports a thrown error as error, with the line of the cell', async () => {
    const cell = await client.execute(
      'interface A {\n  a: number\n}\nfunction fail(): never {\n  throw new RangeError("too far")\n}\nfail()',
    )
    const error = cell.messages.find(({ type }) => type === 'error')!.content
    assert.equal(error.ename, 'RangeError')
    assert.equal(error.evalue, 'too far')
    assert.match(error.traceback[1], /fail \(cell\[\d+\]:5:9\)/)
    assert.match(error.traceback[2], /at cell\[\d+\]:7:1/)
    assert.equal(error.traceback.length, 3)
    assert.equal(cell.reply.status, 'error')
    assert.equal(cell.reply.ename, 'RangeError')
  })

  it('reports type errors with the line of code, and does not run the cell', async () => {
    const cell = await client.execute('console.log("ran")\nlet n: number = "s"')
    assert.equal(cell.reply.status, 'error')
    assert.match(cell.reply.traceback[0], /2:5 .*TS2322/)
    assert.match(cell.reply.traceback[0], /let n: number = "s"/)
    assert.equal(cell.printed(), '')
  })

  it('reports what is thrown without being an Error', async () => {
    const { reply } = await client.execute('throw { code: 7 }')
    assert.equal(reply.evalue, '{ code: 7 }')
  })

  it('delivers 20,000 printed lines, to the last', async () => {
    const cell = await client.execute('for (let i = 0; i < 20000; i++) console.log("line", i)')
    const lines = cell.printed('stdout').split('\n')
    assert.equal(lines.length, 20001)
    assert.equal(lines[19_999], 'line 19999')
    assert.ok(cell.messages.length < 2000, `${cell.messages.length} messages`)
  })

  it('keeps stdout and stderr apart and in order with displays', async () => {
    const cell = await client.execute(
      'console.log("a"); console.error("b"); jupyter.display({ "text/html": "<b>c</b>" }); process.stdout.write("d")',
    )
    const outputs = cell.messages.filter(({ type }) => type === 'stream' || type === 'display_data')
    assert.deepEqual(
      outputs.map(({ content }) => content.text ?? content.data['text/html']),
      ['a\n', 'b\n', '<b>c</b>', 'd'],
    )
    assert.equal(cell.printed('stderr'), 'b\n')
  })

  it('passes on what a subprocess prints', async () => {
    const cell = await client.execute(
      'import { spawnSync } from "node:child_process"\nspawnSync("echo", ["from a subprocess"], { stdio: "inherit" }); await new Promise(done => setTimeout(done, 100))',
    )
    assert.match(cell.printed('stdout'), /from a subprocess/)
  })

  it('gives late output to the cell it comes from', async () => {
    const first = client.send('execute_request', { code: 'setTimeout(() => console.log("late"), 300)' })
    await client.cell(first)
    const second = client.send('execute_request', {
      code: 'await new Promise(done => setTimeout(done, 600)); console.log("own")',
    })
    const cell = await client.cell(second)
    assert.equal(cell.printed(), 'own\n')
    assert.ok(client.of(first).some(({ content }) => content.text === 'late\n'))
  })

  it('aborts the cells behind one that fails, unless told not to', async () => {
    const ids = ['await 0; throw 1', '2', '3'].map(code =>
      client.send('execute_request', { code, stop_on_error: true }),
    )
    const replies = await Promise.all(ids.map(async id => (await client.cell(id)).reply.status))
    assert.deepEqual(replies, ['error', 'aborted', 'aborted'])
    const others = ['await 0; throw 1', '2'].map(code => client.send('execute_request', { code, stop_on_error: false }))
    const statuses = await Promise.all(others.map(async id => (await client.cell(id)).reply.status))
    assert.deepEqual(statuses, ['error', 'ok'])
  })

  it('does not count, echo or show the result of a silent cell', async () => {
    const { execution_count: before } = (await client.execute('0')).reply
    const silent = await client.execute('const quiet = 5; quiet', { silent: true })
    assert.deepEqual(
      silent.messages.map(({ type }) => type),
      ['status', 'status'],
    )
    const { execution_count: after } = (await client.execute('quiet', { store_history: false })).reply
    assert.equal(after, before)
  })

  it('evaluates user_expressions', async () => {
    const { reply } = await client.execute('const ten = 10', { user_expressions: { twice: 'ten * 2', wrong: 'ten(' } })
    assert.equal(reply.user_expressions.twice.data['text/plain'], '20')
    assert.equal(reply.user_expressions.wrong.status, 'error')
  })

  it('answers history_request: tail, range, search', async () => {
    const { reply } = await client.execute('"remember me"')
    const tail = await client.request('history_request', { hist_access_type: 'tail', n: 1, output: true, raw: true })
    assert.deepEqual(tail.history, [[1, reply.execution_count, ['"remember me"', "'remember me'"]]])
    const line = reply.execution_count
    const range = await client.request('history_request', {
      hist_access_type: 'range',
      session: 0,
      start: line,
      stop: line + 1,
    })
    assert.deepEqual(range.history, [[1, line, '"remember me"']])
    const search = await client.request('history_request', { hist_access_type: 'search', pattern: '*remember*' })
    assert.equal(search.history.length, 1)
  })

  it('uses modules of ES format and of the notebook itself', async () => {
    assert.equal(
      (await client.execute('/** @module shapes */\nexport const area = (r: number) => r * r')).reply.status,
      'ok',
    )
    assert.equal((await client.execute('import { area } from "./shapes"\narea(3)')).result(), '9')
    assert.equal((await client.execute('const os = await import("node:os"); typeof os.cpus')).result(), "'function'")
  })

  it('tells of a module that is not there, and finds it once it is', async () => {
    const missing = await client.execute('import { greet } from "./greeting"')
    assert.match(missing.reply.evalue, /Cannot find module/)
    await client.execute(
      'import { writeFileSync } from "node:fs"\nwriteFileSync("greeting.ts", "export const greet = (name: string) => name + 1")',
    )
    assert.equal((await client.execute('import { greet } from "./greeting"\ngreet("you")')).result(), "'you1'")
  })

  it('shows an unhandled rejection in the cell it comes from, and lives on', async () => {
    const id = client.send('execute_request', { code: 'void Promise.reject(new Error("nobody caught me"))' })
    await client.until(() => client.of(id).some(({ content }) => /nobody caught me/.test(content.text ?? '')))
    assert.equal((await client.execute('1')).result(), '1')
  })
})
