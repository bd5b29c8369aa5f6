// The kernel itself: takes Jupyter's messages, answers what the language thread knows, and hands cells one by one to
// the execution process. It never runs user code, so it answers whatever a cell does.
import { randomUUID } from 'node:crypto'
import { type Execution, startExecution } from './execution/process.js'
import type { CommType, Event, Failure, Request } from './execution/protocol.js'
import { History } from './history.js'
import { kernelInfo } from './info.js'
import { inspectionBundle } from './inspection.js'
import { type Checking, startLanguage } from './language/index.js'
import type { Preloads } from './preload.js'
import { problemsToFailure } from './problems.js'
import type { Connection } from './protocol/connection.js'
import { toCodePoints, toUtf16 } from './protocol/cursor.js'
import { createIopub } from './protocol/iopub.js'
import { type Json, type Message, newHeader } from './protocol/message.js'
import { openSockets, type RequestChannel } from './protocol/sockets.js'

type Done = Event & { kind: 'done' }
type Unnumbered<T> = T extends unknown ? Omit<T, 'request'> : never

interface Reply {
  type: string
  content: Json
}

export interface Settings {
  preloads: Preloads
  /** What type errors do. */
  checking: Checking
}

export interface Kernel {
  interrupt(): void
  /** Ends the execution process, sends what is left and closes the sockets. */
  close(): Promise<void>
}

/** @param onShutdown called after shutdown_request was answered */
export async function startKernel(
  connection: Connection,
  { preloads, checking }: Settings,
  onShutdown: () => void,
): Promise<Kernel> {
  const session = randomUUID()
  const language = startLanguage({ preloads: preloads.found, folder: process.cwd(), checking })
  const sockets = await openSockets(connection, session, receive)
  const iopub = createIopub(sockets, session)
  const history = new History()
  const comms = new Map<string, string>()
  const waiting = new Map<number, (done: Done) => void>()
  const queue: Message[] = []
  let ready = false
  let execution: Execution | undefined = start()
  let executing: Message | undefined
  let interrupted = false
  let requests = 0
  let count = 0

  iopub.status('starting', {})
  return { interrupt, close }

  function start(): Execution {
    ready = false
    return startExecution({
      preloads,
      onEvent,
      onNativeOutput: text => iopub.stream('stdout', text, executing?.header ?? {}),
      onExit: onExecutionExit,
    })
  }

  // -- requests ------------------------------------------------------------------------------------------------------

  function receive(channel: RequestChannel, message: Message): void {
    if (channel === 'stdin') return
    if (message.header.msg_type === 'execute_request') {
      queue.push(message)
      if (!executing) void runQueue()
      return
    }
    void respond(channel, message)
  }

  async function respond(channel: RequestChannel, message: Message): Promise<void> {
    iopub.status('busy', message.header)
    let answer: Reply | undefined
    try {
      answer = await answerTo(message)
    } catch (error) {
      const type = message.header.msg_type.replace(/_request$/, '_reply')
      const { name, message: evalue } = error as Error
      answer = { type, content: { status: 'error', ename: name, evalue, traceback: [] } }
    }
    if (answer) reply(channel, message, answer)
    iopub.status('idle', message.header)
    if (answer?.type === 'shutdown_reply') {
      iopub.publish('shutdown_reply', answer.content, message.header)
      onShutdown()
    }
  }

  function reply(channel: RequestChannel, message: Message, { type, content }: Reply, metadata: Json = {}): void {
    const { identities, header: parent } = message
    sockets.send(channel, {
      identities,
      header: newHeader(type, session),
      parent,
      metadata,
      content,
      buffers: [],
    })
  }

  async function answerTo(message: Message): Promise<Reply | undefined> {
    const { content } = message
    const code = String(content.code ?? '')
    const cursor = toUtf16(code, Number(content.cursor_pos ?? code.length))
    switch (message.header.msg_type) {
      case 'kernel_info_request':
        return ok('kernel_info_reply', kernelInfo)
      case 'complete_request':
        return ok('complete_reply', await complete(code, cursor))
      case 'inspect_request': {
        const inspection = await language.inspect(code, cursor)
        const data = inspection ? inspectionBundle(inspection) : {}
        return ok('inspect_reply', { found: inspection !== undefined, data, metadata: {} })
      }
      case 'is_complete_request':
        return { type: 'is_complete_reply', content: { ...(await language.isComplete(code)) } }
      case 'history_request':
        return ok('history_reply', { history: history.answer(content) })
      case 'comm_info_request': {
        const wanted = content.target_name
        const listed = [...comms].filter(([, target]) => wanted === undefined || wanted === null || target === wanted)
        return ok('comm_info_reply', {
          comms: Object.fromEntries(listed.map(([id, target]) => [id, { target_name: target }])),
        })
      }
      case 'comm_open':
      case 'comm_msg':
      case 'comm_close':
        await receiveComm(message)
        return undefined
      case 'interrupt_request':
        interrupt()
        return ok('interrupt_reply', {})
      case 'shutdown_request':
        return ok('shutdown_reply', { restart: content.restart === true })
      default:
        process.stderr.write(`adt kernel: a message of unknown type "${message.header.msg_type}" was ignored\n`)
        return undefined
    }
  }

  async function complete(code: string, cursor: number): Promise<Json> {
    const { start, end, matches } = await language.complete(code, cursor)
    const range = { cursor_start: toCodePoints(code, start), cursor_end: toCodePoints(code, end) }
    const { cursor_start, cursor_end } = range
    const types = matches.map(({ text, kind: type, signature }) => {
      return { start: cursor_start, end: cursor_end, text, type, ...(signature ? { signature } : {}) }
    })
    return { matches: matches.map(({ text }) => text), ...range, metadata: { _jupyter_types_experimental: types } }
  }

  async function receiveComm(message: Message): Promise<void> {
    const { header: parent, content, metadata, buffers } = message
    const type = message.header.msg_type as CommType
    trackComm(type, content)
    await ask({ kind: 'comm', parent, type, content, metadata }, buffers)
  }

  function trackComm(type: CommType, content: Json): void {
    if (type === 'comm_open') comms.set(String(content.comm_id), String(content.target_name))
    if (type === 'comm_close') comms.delete(String(content.comm_id))
  }

  // -- cells ---------------------------------------------------------------------------------------------------------

  async function runQueue(): Promise<void> {
    while (queue.length > 0) {
      executing = queue.shift()!
      const failed = await runCell(executing)
      if (failed && executing.content.stop_on_error !== false) abortQueued()
    }
    executing = undefined
  }

  function abortQueued(): void {
    for (const message of queue.splice(0)) {
      iopub.status('busy', message.header)
      reply('shell', message, { type: 'execute_reply', content: { status: 'aborted', execution_count: count } })
      iopub.status('idle', message.header)
    }
  }

  /** @returns whether it failed */
  async function runCell(message: Message): Promise<boolean> {
    const { header: parent, content } = message
    const code = String(content.code ?? '')
    const silent = content.silent === true
    const stored = !silent && content.store_history !== false && code.trim() !== ''
    interrupted = false
    iopub.status('busy', parent)
    if (stored) count++
    const entry = stored ? history.add(count, code) : undefined
    if (!silent) iopub.publish('execute_input', { code, execution_count: count }, parent)

    const { result, failure } = await execute(code, parent)
    if (result && !silent) {
      iopub.publish('execute_result', { ...result, execution_count: count }, parent)
      if (entry) entry.output = String(result.data['text/plain'] ?? '')
    }
    if (failure) {
      iopub.publish('error', { ...failure }, parent)
      reply('shell', message, {
        type: 'execute_reply',
        content: { status: 'error', execution_count: count, ...failure, user_expressions: {}, payload: [] },
      })
    } else {
      const user_expressions = await evaluateAll(content.user_expressions, parent)
      reply('shell', message, {
        type: 'execute_reply',
        content: { status: 'ok', execution_count: count, user_expressions, payload: [] },
      })
    }
    iopub.status('idle', parent)
    return failure !== undefined
  }

  async function execute(code: string, parent: Json): Promise<Pick<Done, 'result' | 'failure'>> {
    try {
      const conversion = await language.convert(code)
      const { problems, script } = conversion
      if (problems.length > 0 && !script) return { failure: problemsToFailure(problems) }
      if (interrupted) return { failure: { ename: 'Interrupted', evalue: 'before it ran', traceback: ['Interrupted'] } }
      // Declarations count also when the cell fails half-way: what it had assigned by then is there.
      await language.commit(conversion)
      if (problems.length > 0) iopub.stream('stderr', `${problemsToFailure(problems).traceback.join('\n')}\n`, parent)
      return script ? await ask({ kind: 'execute', parent, cell: `cell[${count}]`, code, script }) : {}
    } catch (error) {
      const { name, message, stack } = error as Error
      return { failure: { ename: name, evalue: message, traceback: [stack ?? message] } }
    }
  }

  async function evaluateAll(expressions: unknown, parent: Json): Promise<Json> {
    const answers: Json = {}
    for (const [name, expression] of Object.entries((expressions ?? {}) as Record<string, string>)) {
      const { result, failure } = await execute(`(${expression})`, parent)
      const bundle = result ?? { data: { 'text/plain': 'undefined' }, metadata: {} }
      answers[name] = failure ? { status: 'error', ...failure } : { status: 'ok', ...bundle }
    }
    return answers
  }

  // -- the execution process -----------------------------------------------------------------------------------------

  function ask(request: Unnumbered<Request>, buffers: Uint8Array[] = []): Promise<Done> {
    const number = ++requests
    return new Promise(resolve => {
      waiting.set(number, resolve)
      execution ??= start()
      execution.send({ ...request, request: number } as Request, buffers)
    })
  }

  function onEvent(event: Event, buffers: Buffer[]): void {
    switch (event.kind) {
      case 'ready':
        ready = true
        break
      case 'stream':
        iopub.stream(event.name, event.text, event.parent)
        break
      case 'display': {
        const transient = event.id === undefined ? {} : { display_id: event.id }
        iopub.publish(
          event.update ? 'update_display_data' : 'display_data',
          { ...event.bundle, transient },
          event.parent,
        )
        break
      }
      case 'clear':
        iopub.publish('clear_output', { wait: event.wait }, event.parent)
        break
      case 'comm':
        trackComm(event.type, event.content)
        iopub.publish(event.type, event.content, event.parent, { metadata: event.metadata, buffers })
        break
      case 'done':
        waiting.get(event.request)?.(event)
        waiting.delete(event.request)
    }
  }

  function onExecutionExit(reason: string): void {
    const evalue = `the process that ran the cells ended (${reason.split('\n')[0]}); its variables are lost`
    const failure: Failure = {
      ename: 'ExecutionProcessEnded',
      evalue,
      traceback: [`ExecutionProcessEnded: ${evalue}. The next cell has a fresh one.`, ...reason.split('\n').slice(1)],
    }
    for (const id of comms.keys()) iopub.publish('comm_close', { comm_id: id, data: {} }, {})
    comms.clear()
    // One that ended before it was ready would do so again at once; the next cell tries.
    execution = ready ? start() : undefined
    void language.reset()
    const pending = [...waiting]
    waiting.clear()
    for (const [request, resolve] of pending) resolve({ kind: 'done', request, failure })
  }

  function interrupt(): void {
    interrupted = true
    abortQueued()
    execution?.interrupt()
  }

  async function close(): Promise<void> {
    execution?.stop()
    await sockets.flushed()
    sockets.close()
  }
}

const ok = (type: string, content: Json): Reply => ({ type, content: { status: 'ok', ...content } })
