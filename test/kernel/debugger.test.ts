import assert from 'node:assert/strict'
import { Client, type Received } from './client.js'

// biome-ignore lint/suspicious/noExplicitAny: a test looks into a message wherever it likes
type Json = Record<string, any>

describe('kernel: debugger', function () {
  this.timeout(60_000)
  let client: Client
  let seq = 0

  before(async () => {
    client = await Client.start()
  })
  after(() => client.stop())

  async function ask(command: string, args: Json = {}): Promise<Json> {
    const content = { type: 'request', seq: ++seq, command, arguments: args }
    return client.request('debug_request', content, { channel: 'control' })
  }

  async function body(command: string, args: Json = {}): Promise<Json> {
    const { success, message, body } = await ask(command, args)
    assert.ok(success, `${command}: ${message}`)
    return body
  }

  const events = (name: string): Received[] =>
    client.published.filter(({ type, content }) => type === 'debug_event' && content.event === name)

  /** Waits for the next event of a kind while something is done. */
  async function next(name: string, act: () => unknown): Promise<Json> {
    const before = events(name).length
    await act()
    await client.until(() => events(name).length > before)
    return events(name)[before]!.content.body
  }

  async function setBreakpoints(code: string, breakpoints: Json[]): Promise<Json[]> {
    const { sourcePath: path } = await body('dumpCell', { code })
    return (await body('setBreakpoints', { source: { path }, breakpoints })).breakpoints
  }

  /** Runs a cell until it stops. */
  async function runToStop(code: string): Promise<{ cell: string; reason: string; frames: Json[] }> {
    let cell = ''
    const { reason } = await next('stopped', () => {
      cell = client.send('execute_request', { code, silent: false, store_history: true })
    })
    return { cell, reason, frames: await stack() }
  }

  const stack = async (): Promise<Json[]> => (await body('stackTrace', { threadId: 1 })).stackFrames
  const where = async () => (await stack()).map(({ name, line }) => `${name}:${line}`)
  const proceed = () => next('continued', () => body('continue', { threadId: 1 }))

  async function variables(frameId: number, scope: string): Promise<Record<string, Json>> {
    const { scopes } = await body('scopes', { frameId })
    const { variablesReference } = scopes.find(({ name }: Json) => name === scope)
    return members(variablesReference)
  }

  async function members(variablesReference: number): Promise<Record<string, Json>> {
    const list = (await body('variables', { variablesReference })).variables as Json[]
    return Object.fromEntries(list.map(variable => [variable.name, variable]))
  }

  it('says that it can be debugged, and is not started by itself', async () => {
    const info = await client.request('kernel_info_request')
    assert.equal(info.debugger, true)
    assert.ok(info.supported_features.includes('debugger'))
    const { isStarted, hashMethod, breakpoints } = await body('debugInfo')
    assert.deepEqual(
      { isStarted, hashMethod, breakpoints },
      { isStarted: false, hashMethod: 'Murmur2', breakpoints: [] },
    )
    assert.match((await ask('stackTrace')).message, /not started/)
    assert.match((await ask('noSuchCommand')).message, /does not know the command "noSuchCommand"/)
  })

  it('starts', async () => {
    const { exceptionBreakpointFilters } = await body('initialize', { clientID: 'test', adapterID: '' })
    assert.deepEqual(
      exceptionBreakpointFilters.map(({ filter }: Json) => filter),
      ['uncaught', 'all'],
    )
    await next('initialized', () => body('attach'))
    assert.equal((await body('debugInfo')).isStarted, true)
  })

  const average = `interface Point { x: number; y: number }

function mean(values: number[]): number {
  let sum = 0
  // each in turn
  for (const value of values) {
    sum += value
  }
  return sum / values.length
}
const points: Point[] = [{ x: 1, y: 2 }, { x: 3, y: 4 }]
const result = mean(points.map(p => p.x))
result`

  it('stops in a cell, shows lines as written, locals, and goes on', async () => {
    const set = await setBreakpoints(average, [{ line: 9 }])
    assert.deepEqual(
      set.map(({ verified, line }) => [verified, line]),
      [[true, 9]],
    )
    const { cell, reason, frames } = await runToStop(average)
    assert.equal(reason, 'breakpoint')
    assert.deepEqual(
      frames.map(({ name, line }) => `${name}:${line}`),
      ['mean:9', 'cell[1]:12'],
    )
    assert.equal(frames[0]!.source.path, (await body('dumpCell', { code: average })).sourcePath)
    assert.equal((await body('source', { source: frames[0]!.source })).content, average)
    const locals = await variables(frames[0]!.id, 'Locals')
    assert.deepEqual(Object.keys(locals).sort(), ['sum', 'values'])
    assert.equal(locals.sum!.value, '4')
    const values = await members(locals.values!.variablesReference)
    assert.deepEqual(
      Object.values(values).map(({ name, value }) => `${name}=${value}`),
      ['0=1', '1=3'],
    )
    const outer = await variables(frames[1]!.id, 'Locals')
    assert.equal(outer.points!.value, '[ { x: 1, y: 2 }, { x: 3, y: 4 } ]')
    assert.deepEqual((await body('debugInfo')).stoppedThreads, [1])
    await proceed()
    assert.deepEqual((await body('debugInfo')).stoppedThreads, [])
    assert.equal((await client.cell(cell)).result(), '2')
  })

  it('evaluates TypeScript in a frame, with the variables of all cells', async () => {
    await client.execute('const scale = 10; const text = "a"')
    const { cell, frames } = await runToStop(average)
    const evaluate = (expression: string, frameId = frames[0]!.id) => body('evaluate', { expression, frameId })
    assert.equal((await evaluate('sum * scale as number')).result, '40')
    assert.equal((await evaluate('points.length', frames[1]!.id)).result, '2')
    const list = await evaluate('values.map(v => ({ v, scale }))')
    assert.deepEqual(Object.keys(await members(list.variablesReference)), ['0', '1'])
    assert.match(
      (await ask('evaluate', { expression: 'nowhere', frameId: frames[0]!.id })).message,
      /nowhere is not defined/,
    )
    await evaluate('sum = 100')
    await proceed()
    assert.equal((await client.cell(cell)).result(), '50')
  })

  it('steps over, into and out, and stays in cells', async () => {
    await client.execute('function twice(n: number): number {\n  const two = 2\n  return n * two\n}')
    const code = `const list = [3, 1, 2]
const sorted = list.sort((a, b) => a - b)
const four = twice(2)
await new Promise(done => setTimeout(done, 1))
const eight = twice(four)
eight`
    await setBreakpoints(code, [{ line: 1 }])
    const { cell, frames } = await runToStop(code)
    const name = frames[0]!.name
    const step = async (command: string) => {
      await next('stopped', () => body(command, { threadId: 1 }))
      return where()
    }
    assert.deepEqual(await where(), [`${name}:1`])
    assert.deepEqual(await step('next'), [`${name}:2`])
    assert.deepEqual(await step('next'), [`${name}:3`])
    assert.deepEqual(await step('stepIn'), ['twice:2', `${name}:3`])
    assert.deepEqual(await step('next'), ['twice:3', `${name}:3`])
    assert.deepEqual(await step('stepOut'), [`${name}:4`])
    assert.deepEqual(await step('next'), [`${name}:5`])
    assert.deepEqual(await step('next'), [`${name}:6`])
    await next('continued', () => body('next'))
    assert.equal((await client.cell(cell)).result(), '8')
    // Having stepped off a cell's end, the next one runs through.
    assert.equal((await client.execute('1 + 1')).result(), '2')
  })

  it('stops in a function of an earlier cell, on a condition', async () => {
    const code = 'function half(n: number): number {\n  const h = n / 2\n  return h\n}'
    await client.execute(`${code}\nconst limit = 3`)
    await client.execute(code)
    await setBreakpoints(code, [{ line: 3, condition: 'h as number > limit' }])
    const { cell, frames } = await runToStop('[2, 4, 8, 10].map(half).join()')
    assert.equal(frames[0]!.line, 3)
    assert.equal((await variables(frames[0]!.id, 'Locals')).h!.value, '4')
    await next('stopped', () => body('continue'))
    assert.equal((await variables((await stack())[0]!.id, 'Locals')).h!.value, '5')
    await setBreakpoints(code, [])
    await proceed()
    assert.equal((await client.cell(cell)).result(), "'1,2,4,5'")
  })

  it('knows what a cell has assigned to its variables', async () => {
    const code = 'let total = 1\nfor (const n of [1, 2, 3]) {\n  total += n\n}\ntotal'
    await setBreakpoints(code, [{ line: 3, condition: 'total > 3' }])
    const { cell, frames } = await runToStop(code)
    const locals = await variables(frames[0]!.id, 'Locals')
    assert.deepEqual([locals.n!.value, locals.total!.value], ['3', '4'])
    assert.equal((await body('evaluate', { expression: 'total = total * 10', frameId: frames[0]!.id })).result, '40')
    await proceed()
    assert.equal((await client.cell(cell)).result(), '43')
  })

  it('moves a breakpoint to the next line with code', async () => {
    const code = '// nothing\n\ninterface Empty {}\nlet moved = 1\nmoved'
    await setBreakpoints(code, [{ line: 1 }])
    const { cell, frames } = await runToStop(code)
    assert.equal(frames[0]!.line, 4)
    assert.deepEqual(
      (await setBreakpoints(code, [{ line: 2 }, { line: 99 }])).map(({ line }) => line),
      [4, undefined],
    )
    await setBreakpoints(code, [])
    await proceed()
    await client.cell(cell)
  })

  it('names cells by the Murmur2 hash of their text, as JupyterLab does', async () => {
    const { tmpFilePrefix, tmpFileSuffix, hashSeed } = await body('debugInfo')
    assert.equal(hashSeed, 0x414454)
    // From ipykernel's implementation.
    const known = { a: 2563486113, ab: 699421893, abc: 3895789568, abcd: 1654606785, 'const é = "€😀"': 1487586315 }
    for (const [code, hash] of Object.entries(known)) {
      assert.equal((await body('dumpCell', { code })).sourcePath, `${tmpFilePrefix}${hash}${tmpFileSuffix}`)
    }
  })

  it('lists variables level by level: large arrays in groups, tensors by shape, getters uncalled', async () => {
    const code = `const many = Float32Array.from({ length: 25_000 }, (_, i) => i)
const zeros = tf.zeros([2, 3])
const table = new Map<string, number[]>([['a', [1, 2]]])
class Model { weights = { w: [0.5] }; get loss(): number { throw new Error('called') } }
const model = new Model()
Object.defineProperty(model, 'lazy', { get() { throw new Error('called') }, enumerable: true })
debugger`
    const { cell, frames } = await runToStop(code)
    const globals = await variables(frames[0]!.id, 'Globals')
    assert.equal(globals.many!.type, 'Float32Array(25000)')
    const groups = Object.values(await members(globals.many!.variablesReference))
    assert.deepEqual(
      groups.map(({ name }) => name),
      ['[0 … 9999]', '[10000 … 19999]', '[20000 … 24999]'],
    )
    const inner = Object.values(await members(groups[2]!.variablesReference))
    assert.equal(inner.at(-1)!.name, '[24900 … 24999]')
    assert.equal(Object.values(await members(inner[1]!.variablesReference))[0]!.value, '20100')
    assert.match(globals.zeros!.value, /^Tensor float32 \[2, 3\]/)
    assert.equal((await members(globals.zeros!.variablesReference)).shape!.value, '[ 2, 3 ]')
    assert.ok(!('tf' in globals), 'libraries are not the variables of a cell')
    assert.equal((await members(globals.table!.variablesReference)).a!.value, '[ 1, 2 ]')
    const model = await members(globals.model!.variablesReference)
    assert.equal(model.lazy!.value, '(a getter)')
    assert.equal(model.weights!.evaluateName, 'model.weights')
    const { data } = await body('richInspectVariables', { variableName: 'table', frameId: frames[0]!.id })
    assert.equal(data['text/plain'], "Map(1) { 'a' => [ 1, 2 ] }")
    await proceed()
    await client.cell(cell)
  })

  it('copies a local variable to the cells', async () => {
    const { cell, frames } = await runToStop('(() => { const inside = [7]; debugger; return inside })()')
    const args = { srcVariableName: 'inside', dstVariableName: 'outside', srcFrameId: frames[0]!.id }
    assert.equal((await body('copyToGlobals', args)).value, '[ 7 ]')
    await proceed()
    await client.cell(cell)
    assert.equal((await client.execute('outside[0]')).result(), '7')
    assert.ok((await body('inspectVariables')).variables.some(({ name }: Json) => name === 'outside'))
  })

  it('stops at errors that no cell catches, also of a library, and at caught ones when asked', async () => {
    await body('setExceptionBreakpoints', { filters: ['uncaught'] })
    const code = `import { readFileSync } from 'node:fs'
try { throw new Error('caught') } catch {}
try { readFileSync('/caught/too') } catch {}
readFileSync('/no/such/file')`
    const { cell, reason, frames } = await runToStop(code)
    assert.equal(reason, 'exception')
    assert.equal(frames[0]!.line, 4)
    assert.match(events('stopped').at(-1)!.content.body.text, /ENOENT/)
    await proceed()
    assert.equal((await client.cell(cell)).reply.ename, 'Error')
    await body('setExceptionBreakpoints', { filters: ['all'] })
    const caught = await runToStop("try { JSON.parse('{}'); throw new RangeError('seen') } catch {}")
    assert.match(events('stopped').at(-1)!.content.body.text, /RangeError: seen/)
    await proceed()
    await client.cell(caught.cell)
    await body('setExceptionBreakpoints', { filters: [] })
    assert.equal((await client.execute("throw new Error('unseen')")).reply.evalue, 'unseen')
  })

  it('pauses a cell that runs', async () => {
    const code = 'let go = true\nlet rounds = 0\nconsole.log("go")\nwhile (go) rounds++'
    const cell = client.send('execute_request', { code })
    await client.until(() => client.of(cell).some(({ type }) => type === 'stream'))
    await next('stopped', () => body('pause'))
    const frame = (await stack())[0]!
    assert.equal(frame.line, 4)
    await body('evaluate', { expression: 'go = false', frameId: frame.id })
    await proceed()
    assert.equal((await client.cell(cell)).reply.status, 'ok')
  })

  for (const [name, code] of Object.entries({
    'before its first await': 'const kept = 1\ndebugger\nwhile (true) debugger',
    'after an await': 'const kept = 1\nawait 0\ndebugger\nwhile (true) debugger',
    'in a timer': 'const kept = 1\nawait new Promise(() => setTimeout(() => { while (true) debugger }))',
  })) {
    it(`interrupts a cell that is stopped ${name}; heartbeat and control answer meanwhile`, async () => {
      const { cell } = await runToStop(code)
      assert.equal(await client.beat(), 'beat')
      assert.equal((await client.request('kernel_info_request')).status, 'ok')
      const interrupt = () => client.request('interrupt_request', {}, { channel: 'control' })
      await next('continued', interrupt)
      assert.equal((await client.cell(cell)).reply.ename, 'Interrupted')
      assert.equal((await client.execute('kept')).result(), '1')
      // Later cells stop again.
      const again = await runToStop('debugger')
      await proceed()
      await client.cell(again.cell)
    })
  }

  it('stays attached when the execution process dies while it is stopped', async () => {
    const code = 'const a = 1\nconst b = a + 1\nb'
    await setBreakpoints(code, [{ line: 2 }])
    const { value: pid } = { value: (await client.execute('process.pid')).result() as string }
    const first = await runToStop(code)
    await next('continued', () => process.kill(Number(pid), 'SIGKILL'))
    assert.equal((await client.cell(first.cell)).reply.ename, 'ExecutionProcessEnded')
    const second = await runToStop(code)
    assert.equal(second.frames[0]!.line, 2)
    await proceed()
    assert.equal((await client.cell(second.cell)).result(), '2')
  })

  it('lets stopped code go on when it is disconnected, and stops no more', async () => {
    const { cell } = await runToStop('const x = 1\ndebugger\nx')
    await body('disconnect', { restart: false, terminateDebuggee: false })
    assert.equal((await client.cell(cell)).result(), '1')
    assert.equal((await client.execute('debugger; 2')).result(), '2')
    const { isStarted, breakpoints } = await body('debugInfo')
    assert.deepEqual({ isStarted, breakpoints }, { isStarted: false, breakpoints: [] })
  })

  it('ends at once when it is shut down while a cell is stopped', async () => {
    const other = await Client.start()
    const debug = (command: string) =>
      other.request('debug_request', { type: 'request', seq: 1, command, arguments: {} }, { channel: 'control' })
    await debug('initialize')
    other.send('execute_request', { code: 'debugger' })
    await other.until(() => other.published.some(({ content }) => content.event === 'stopped'))
    await other.stop()
  })
})
