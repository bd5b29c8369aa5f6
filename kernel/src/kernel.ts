// The kernel itself: takes Jupyter's messages, answers what it can at once (messages/), and hands cells one by one to
// the execution process (cells.ts). It never runs user code, so it answers whatever a cell does.
import { randomUUID } from 'node:crypto'
import { createCells, type Incoming } from './cells.js'
import { createDebugger } from './debugger/index.js'
import { startRunner } from './execution/runner.js'
import { History } from './history.js'
import type { Language } from './language/index.js'
import { type Handler, handlers, type Parts } from './messages/index.js'
import type { Preloads } from './preload.js'
import type { Connection } from './protocol/connection.js'
import { createIopub } from './protocol/iopub.js'
import { type Header, type Json, newHeader } from './protocol/message.js'
import { openSockets, type RequestChannel } from './protocol/sockets.js'
import { createStdin } from './stdin.js'
import { createSubshells } from './subshells.js'

export interface Settings {
  preloads: Preloads
  language: Language
}

export interface Kernel {
  interrupt(): void
  /** Ends the execution process, sends what is left and closes the sockets. */
  close(): Promise<void>
}

/**
 * Starts the kernel. Once it is closed, by a shutdown_request or by `close`, nothing of it keeps the process, which then ends
 * by itself and waits for ZeroMQ's threads: `process.exit` would cut them off in the middle of the last messages.
 */
export async function startKernel(connection: Connection, { preloads, language }: Settings): Promise<Kernel> {
  const session = randomUUID()
  const sockets = await openSockets(connection, session, (channel, message) =>
    receive({ channel, message, arrived: performance.now() }),
  )
  const iopub = createIopub(sockets, session)
  const stdin = createStdin((to, type, content) => send('stdin', to, type, content))
  // The process with TypeScript takes the longest to start. Nothing else shall slow it down.
  let isReady = false
  void language.isComplete('').then(
    () => {
      isReady = true
    },
    () => {},
  )
  const runner = startRunner({
    preloads,
    iopub,
    onQuestion: asked => stdin.ask(cells.running(asked.parent.msg_id), asked),
    isQuiet: () => isReady && !cells.isBusy(),
    onLost: () => {
      void language.reset()
      debug.restart()
    },
  })
  const debug = createDebugger({
    inspector: runner.inspector,
    language,
    preloaded: preloads.found.map(({ name }) => name),
    publish: (event, parent) => iopub.publish('debug_event', event, parent),
    interrupt,
  })
  const history = new History()
  const subshells = createSubshells()
  const cells = createCells({ language, runner, debug, history, iopub, reply, onEnd: stdin.forget })
  const parts: Parts = { language, history, cells, runner, subshells, debug, connection, interrupt }

  iopub.status('starting', {})
  return { interrupt, close }

  function receive(incoming: Incoming): void {
    const { header } = incoming.message
    // A comm message is as good without its subshell: a page closes both at once, on two channels.
    const astray = isRequest(header) && !subshells.has(header.subshell_id)
    if (incoming.channel === 'stdin') stdin.receive(incoming.message)
    else if (astray)
      void respond(incoming, () => Promise.reject(new Error(`there is no subshell ${header.subshell_id}`)))
    else if (header.msg_type === 'execute_request') cells.submit(incoming)
    else void respond(incoming, handlers[header.msg_type])
  }

  async function respond(incoming: Incoming, handler: Handler | undefined): Promise<void> {
    const { header } = incoming.message
    if (!handler) {
      process.stderr.write(`adt kernel: a message of unknown type "${header.msg_type}" was ignored\n`)
      return
    }
    const replyType = header.msg_type.replace(/_request$/, '_reply')
    iopub.status('busy', header)
    let content: Json | undefined
    try {
      content = await handler(incoming.message, parts)
    } catch (error) {
      const { name, message } = error as Error
      if (isRequest(header)) content = { status: 'error', ename: name, evalue: message, traceback: [] }
      else process.stderr.write(`adt kernel: a message of type "${header.msg_type}" was ignored: ${message}\n`)
    }
    if (content) reply(incoming, replyType, content)
    iopub.status('idle', header)
    if (replyType === 'shutdown_reply') {
      iopub.publish('shutdown_reply', content ?? {}, header)
      void close()
    }
  }

  function reply(to: Incoming, type: string, content: Json): void {
    send(to.channel, to, type, content)
  }

  /** Sends a message to the front end that a request came from. @returns its id */
  function send(channel: RequestChannel, { message }: Incoming, type: string, content: Json): string {
    const { identities, header: parent } = message
    const header = newHeader(type, session)
    sockets.send(channel, { identities, header, parent, metadata: {}, content, buffers: [] })
    return header.msg_id
  }

  function interrupt(): void {
    cells.interrupt()
    void debug.release().then(runner.interrupt)
  }

  async function close(): Promise<void> {
    runner.stop()
    await sockets.flushed()
    sockets.close()
  }
}

/** Whether a message is to be answered. */
const isRequest = (header: Header) => header.msg_type.endsWith('_request')
