// What goes over the wire, case by case: a message to the kernel, the reply and what is broadcast for it. An object
// stands for one that has these fields among others; a regular expression for a string that it matches.

export interface WireCase {
  name: string
  /** Cells that run before. */
  cells?: string[]
  type: string
  content?: object
  channel?: 'shell' | 'control'
  header?: object
  /** Without one, none may come. */
  reply?: object
  /** All that is broadcast between busy and idle, in order: the type, and the content where it matters. */
  broadcast?: [type: string, content?: object][]
}

const execute = (
  name: string,
  code: string,
  rest: Omit<WireCase, 'name' | 'type'> & { ask?: object } = {},
): WireCase => ({
  ...{ name, type: 'execute_request' },
  ...rest,
  content: { code, silent: false, store_history: true, user_expressions: {}, allow_stdin: false, ...rest.ask },
})

const ok = { status: 'ok', payload: [], user_expressions: {} }
const input = (code: string): [string, object] => ['execute_input', { code }]
const printed = (text: string, name = 'stdout'): [string, object] => ['stream', { name, text }]
const result = (text: string): [string, object] => ['execute_result', { data: { 'text/plain': text }, metadata: {} }]
const typeError = (evalue: RegExp) => ({ status: 'error', ename: 'TypeError', evalue })

const cells: WireCase[] = [
  execute('a value', '6 * 7', { reply: ok, broadcast: [input('6 * 7'), result('42')] }),
  execute('no value', 'const none = 1', { reply: ok, broadcast: [input('const none = 1')] }),
  execute('undefined is no value', 'undefined', { reply: ok, broadcast: [input('undefined')] }),
  execute('an awaited value', 'await Promise.resolve("x")', {
    reply: ok,
    broadcast: [input('await Promise.resolve("x")'), result("'x'")],
  }),
  execute('an empty cell', '', { reply: ok, broadcast: [input('')] }),
  execute('only a comment', '// nothing', { reply: ok, broadcast: [input('// nothing')] }),
  execute('only types', 'interface Only { a: 1 }', { reply: ok, broadcast: [input('interface Only { a: 1 }')] }),
  execute('a silent cell broadcasts neither input nor value', '6 * 7', {
    ...{ ask: { silent: true }, reply: ok, broadcast: [] },
  }),
  execute('a silent cell that fails says so', 'throw new Error("quietly")', {
    ask: { silent: true },
    ...{ reply: { status: 'error', evalue: 'quietly' }, broadcast: [['error', { evalue: 'quietly' }]] },
  }),
  execute('printing', 'console.log("a"); console.error("b")', {
    ...{ reply: ok, broadcast: [['execute_input'], printed('a\n'), printed('b\n', 'stderr')] },
  }),
  execute(
    'what native code prints comes before the reply',
    'require("child_process").spawnSync("echo", ["native"], { stdio: "inherit" }); 1',
    {
      ...{ reply: ok, broadcast: [['execute_input'], printed('native\n'), result('1')] },
    },
  ),
  execute(
    'a display, its update, and cleared output',
    'jupyter.display({ "text/html": "<b>" }, { id: "d", metadata: { a: 1 } }); jupyter.display({ "text/html": "<i>" }, { id: "d", update: true }); jupyter.clearOutput({ wait: true })',
    {
      reply: ok,
      broadcast: [
        ['execute_input'],
        ['display_data', { data: { 'text/html': '<b>' }, metadata: { a: 1 }, transient: { display_id: 'd' } }],
        ['update_display_data', { data: { 'text/html': '<i>' }, metadata: {}, transient: { display_id: 'd' } }],
        ['clear_output', { wait: true }],
      ],
    },
  ),
  execute('bytes in a display become base64', 'jupyter.display({ "image/png": new Uint8Array([1, 2, 3]) })', {
    ...{ reply: ok, broadcast: [['execute_input'], ['display_data', { data: { 'image/png': 'AQID' } }]] },
  }),
  execute('a page for the pager', 'jupyter.page({ "text/plain": "long" })', {
    reply: { status: 'ok', payload: [{ source: 'page', data: { 'text/plain': 'long' }, start: 0 }] },
    broadcast: [['execute_input']],
  }),
  execute('an error', 'throw new RangeError("far")', {
    reply: { status: 'error', ename: 'RangeError', evalue: 'far', traceback: [/RangeError.*far/, /cell\[\d+\]:1:7/] },
    broadcast: [['execute_input'], ['error', { ename: 'RangeError', evalue: 'far' }]],
  }),
  execute('a thrown string', 'throw "text"', {
    ...{ reply: { status: 'error', evalue: "'text'" }, broadcast: [['execute_input'], ['error']] },
  }),
  execute('a syntax error', 'let 1a = 2', {
    ...{ reply: { status: 'error', ename: 'SyntaxError' }, broadcast: [['execute_input'], ['error']] },
  }),
  execute('a type error', 'const n: number = "s"', {
    reply: { status: 'error', ename: 'TypeError', evalue: /'string' is not assignable/ },
    broadcast: [['execute_input'], ['error']],
  }),
  execute('a rejection', 'await Promise.reject(new TypeError("no"))', {
    ...{ reply: { status: 'error', ename: 'TypeError', evalue: 'no' }, broadcast: [['execute_input'], ['error']] },
  }),
  execute('user expressions', 'const u = 20', {
    ask: { user_expressions: { double: 'u * 2', missing: 'nowhere', nothing: 'undefined' } },
    reply: {
      status: 'ok',
      user_expressions: {
        double: { status: 'ok', data: { 'text/plain': '40' }, metadata: {} },
        missing: { status: 'error', ename: 'TypeError', evalue: /Cannot find name 'nowhere'/, traceback: [/nowhere/] },
        nothing: { status: 'ok', data: { 'text/plain': 'undefined' } },
      },
    },
    broadcast: [['execute_input']],
  }),
  execute('user expressions of a cell that fails are not evaluated', 'throw 1', {
    ask: { user_expressions: { no: 'console.log("evaluated")' } },
    reply: { status: 'error', user_expressions: {} },
    broadcast: [['execute_input'], ['error']],
  }),
  execute('user expressions that are no object', '1', {
    ask: { user_expressions: ['u'] },
    reply: typeError(/"user_expressions" must be an object, not \["u"\]/),
    broadcast: [],
  }),
  {
    name: 'a cell without code',
    type: 'execute_request',
    content: {},
    reply: typeError(/"code".*missing/),
    broadcast: [],
  },
  {
    name: 'code that is no string',
    type: 'execute_request',
    content: { code: 7 },
    reply: typeError(/"code".*7/),
    broadcast: [],
  },
  execute('a cell on the control channel', '1 + 1', {
    ...{ channel: 'control', reply: ok, broadcast: [['execute_input'], result('2')] },
  }),
  execute('fields that nobody knows', '1', {
    ask: { colour: 'red' },
    reply: ok,
    broadcast: [['execute_input'], result('1')],
  }),
]

const complete = (name: string, content: object, reply: object): WireCase => ({
  ...{ name: `completion: ${name}`, type: 'complete_request', content, reply, broadcast: [] },
})
const range = (cursor_start: number, cursor_end: number) => ({ status: 'ok', cursor_start, cursor_end })

const language: WireCase[] = [
  complete('at the end', { code: 'Math.hyp', cursor_pos: 8 }, { ...range(5, 8), matches: ['hypot'] }),
  complete('in the middle', { code: 'Math.hyp(1)', cursor_pos: 7 }, range(5, 8)),
  complete(
    'types',
    { code: 'Math.hyp', cursor_pos: 8 },
    {
      metadata: { _jupyter_types_experimental: [{ start: 5, end: 8, text: 'hypot', type: 'method' }] },
    },
  ),
  complete('without a cursor it is at the end', { code: 'Math.hyp' }, { matches: ['hypot'] }),
  complete('a cursor behind the end', { code: 'Math.hyp', cursor_pos: 99 }, { matches: ['hypot'] }),
  complete('code points, not units', { code: '"🦊"; Math.hyp', cursor_pos: 13 }, range(10, 13)),
  complete('nothing known', { code: 'nowhereAtAll.', cursor_pos: 13 }, { status: 'ok', matches: [] }),
  complete('a cursor that is no number', { code: 'a', cursor_pos: 'end' }, typeError(/"cursor_pos" must be a number/)),
  complete('no code', { cursor_pos: 0 }, typeError(/"code" must be a string/)),
  {
    name: 'inspection: a function',
    type: 'inspect_request',
    content: { code: 'parseInt("7")', cursor_pos: 3, detail_level: 0 },
    reply: {
      status: 'ok',
      found: true,
      data: { 'text/plain': /parseInt/, 'text/markdown': /```typescript/ },
      metadata: {},
    },
    broadcast: [],
  },
  {
    name: 'inspection: nothing there',
    type: 'inspect_request',
    content: { code: '  ', cursor_pos: 1, detail_level: 1 },
    reply: { status: 'ok', found: false, data: {}, metadata: {} },
    broadcast: [],
  },
  {
    name: 'inspection: no code',
    type: 'inspect_request',
    ...{ reply: typeError(/"code" must be a string/), broadcast: [] },
  },
  { name: 'is it complete: yes', type: 'is_complete_request', content: { code: '1' }, reply: { status: 'complete' } },
  {
    name: 'is it complete: no',
    type: 'is_complete_request',
    content: { code: 'if (true) {' },
    reply: { status: 'incomplete', indent: '  ' },
  },
  { name: 'is it complete: never', type: 'is_complete_request', content: { code: ')' }, reply: { status: 'invalid' } },
]

const history = (name: string, content: object, reply: object, rest: Partial<WireCase> = {}): WireCase => ({
  ...{ name: `history: ${name}`, type: 'history_request', content, reply, broadcast: [] },
  ...rest,
})

const rest: WireCase[] = [
  history(
    'the last two',
    { hist_access_type: 'tail', n: 2 },
    {
      status: 'ok',
      history: [
        [1, Number, '"h1"'],
        [1, Number, '"h2"'],
      ],
    },
    {
      cells: ['"h1"', '"h2"'],
    },
  ),
  history('none', { hist_access_type: 'tail', n: 0 }, { history: [] }),
  history(
    'with output',
    { hist_access_type: 'tail', n: 1, output: true },
    { history: [[1, Number, ['"h2"', "'h2'"]]] },
  ),
  history('a range', { hist_access_type: 'range', session: 0, start: 1, stop: 2 }, { history: [[1, 1, String]] }),
  history('of another session', { hist_access_type: 'range', session: -1, start: 1 }, { history: [] }),
  history(
    'a search',
    { hist_access_type: 'search', pattern: '"h?"' },
    {
      history: [
        [1, Number, '"h1"'],
        [1, Number, '"h2"'],
      ],
    },
  ),
  history(
    'a search for what differs, latest last',
    { hist_access_type: 'search', pattern: '"h*"', unique: true, n: 5 },
    {
      history: [
        [1, Number, '"h2"'],
        [1, Number, '"h1"'],
      ],
    },
    { cells: ['"h1"'] },
  ),
  history('a search for nothing', { hist_access_type: 'search', pattern: 'no such cell' }, { history: [] }),
  {
    name: 'kernel_info',
    type: 'kernel_info_request',
    reply: {
      status: 'ok',
      ...{ protocol_version: '5.5', implementation: 'adt', implementation_version: String, banner: /TypeScript/ },
      language_info: {
        name: 'typescript',
        mimetype: 'text/typescript',
        file_extension: '.ts',
        nbconvert_exporter: 'script',
      },
      help_links: [{ text: 'TypeScript', url: /^https/ }],
    },
    broadcast: [],
  },
  {
    name: 'kernel_info on control',
    type: 'kernel_info_request',
    channel: 'control',
    reply: { status: 'ok' },
    broadcast: [],
  },
  {
    name: 'the ports',
    type: 'connect_request',
    reply: {
      status: 'ok',
      ...{ shell_port: Number, iopub_port: Number, stdin_port: Number, control_port: Number, hb_port: Number },
    },
    broadcast: [],
  },
  { name: 'the comms', type: 'comm_info_request', reply: { status: 'ok', comms: {} }, broadcast: [] },
  {
    name: 'the comms of all targets',
    type: 'comm_info_request',
    content: { target_name: null },
    reply: { status: 'ok' },
  },
  {
    name: 'the comms of a target that is no string',
    type: 'comm_info_request',
    content: { target_name: 7 },
    reply: typeError(/"target_name" must be a string/),
  },
  {
    name: 'a comm to a target that nobody knows is closed',
    type: 'comm_open',
    content: { comm_id: 'c', target_name: 'nobody', data: {} },
    broadcast: [['comm_close', { comm_id: 'c', data: {} }]],
  },
  {
    name: 'a message for a comm that nobody knows',
    type: 'comm_msg',
    content: { comm_id: 'none', data: {} },
    broadcast: [],
  },
  { name: 'the close of a comm that nobody knows', type: 'comm_close', content: { comm_id: 'none' }, broadcast: [] },
  { name: 'a comm without an id', type: 'comm_open', content: { target_name: 'nobody' }, broadcast: [] },
  { name: 'a comm without a target', type: 'comm_open', content: { comm_id: 'c' }, broadcast: [] },
  {
    name: 'an interrupt at rest',
    type: 'interrupt_request',
    channel: 'control',
    reply: { status: 'ok' },
    broadcast: [],
  },
  { name: 'an interrupt on shell', type: 'interrupt_request', reply: { status: 'ok' }, broadcast: [] },
  { name: 'no subshells', type: 'list_subshell_request', channel: 'control', reply: { status: 'ok', subshell_id: [] } },
  {
    name: 'a subshell',
    type: 'create_subshell_request',
    ...{ channel: 'control', reply: { status: 'ok', subshell_id: String }, broadcast: [] },
  },
  {
    name: 'a subshell to delete that is not there',
    type: 'delete_subshell_request',
    content: { subshell_id: 'none' },
    ...{ channel: 'control', reply: { status: 'error', evalue: /no subshell none/ } },
  },
  {
    name: 'a subshell to delete without an id',
    type: 'delete_subshell_request',
    ...{ channel: 'control', reply: typeError(/"subshell_id" must be a string/) },
  },
  {
    name: 'a request for a subshell that is not there',
    type: 'kernel_info_request',
    ...{ header: { subshell_id: 'none' }, reply: { status: 'error', evalue: /no subshell none/ } },
  },
]

export const wireCases: WireCase[] = [...cells, ...language, ...rest]
