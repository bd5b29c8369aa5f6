// Keeps one execution process at work: hands it requests, passes what it says to IOPub, and has a fresh one ready
// when it dies.
import type { Duplex } from 'node:stream'
import type { Preloads } from '../preload.js'
import type { Iopub } from '../protocol/iopub.js'
import type { Json } from '../protocol/message.js'
import { unpackBytes } from './bytes.js'
import { type Execution, startExecution } from './process.js'
import type { Answer, CommType, Event, Failure, Outcome, Request } from './protocol.js'

type Unnumbered<T> = T extends unknown ? Omit<T, 'request'> : never

export interface Runner {
  /** The open comms: their targets by id. */
  readonly comms: ReadonlyMap<string, string>
  /** The inspector of the process that runs or that the next request will find. */
  inspector(): Duplex
  /** Hands a request to the execution process; a process that dies answers with a failure that says so. */
  ask(request: Unnumbered<Request>, buffers?: Uint8Array[]): Promise<Outcome>
  interrupt(): void
  stop(): void
}

/** A question that a cell asks the user. */
export interface Asked {
  /** Header of the cell's request. */
  parent: Json
  prompt: string
  password: boolean
  answer(answer: { text: string } | { refusal: string }): void
}

interface Needs {
  preloads: Preloads
  iopub: Iopub
  onQuestion(asked: Asked): void
  /** Whether no cell is under way, and the kernel has nothing else to do. */
  isQuiet(): boolean
  /** Called when the execution process died and took the variables along. */
  onLost(): void
}

/** How often the kernel looks whether it may have the libraries loaded ahead, in milliseconds. */
const IDLE_MS = 300

export function startRunner({ preloads, iopub, onQuestion, isQuiet, onLost }: Needs): Runner {
  const comms = new Map<string, string>()
  const waiting = new Map<number, { request: Unnumbered<Request>; resolve(outcome: Outcome): void }>()
  let requests = 0
  let ready = false
  let execution: Execution | undefined = start()

  function start(): Execution {
    ready = false
    return startExecution({ preloads, onEvent, onNativeOutput, onExit })
  }

  /** Has the libraries loaded once nothing has been under way for a while: a cell would have to wait for that. */
  function loadAhead(): void {
    const started = execution
    const timer = setInterval(() => {
      if (started !== execution) clearInterval(timer)
      else if (isQuiet()) {
        clearInterval(timer)
        started?.send({ kind: 'load' })
      }
    }, IDLE_MS).unref()
  }

  function alive(): Execution {
    execution ??= start()
    return execution
  }

  function ask(request: Unnumbered<Request>, buffers: Uint8Array[] = []): Promise<Outcome> {
    if (request.kind === 'comm') track(request.type, request.content)
    const number = ++requests
    return new Promise(resolve => {
      waiting.set(number, { request, resolve })
      alive().send({ ...request, request: number } as Request, buffers)
    })
  }

  function track(type: CommType, content: Json): void {
    if (type === 'comm_open') comms.set(String(content.comm_id), String(content.target_name))
    if (type === 'comm_close') comms.delete(String(content.comm_id))
  }

  function onEvent(event: Event, buffers: Buffer[]): void {
    unpackBytes(event, buffers)
    switch (event.kind) {
      case 'ready':
        ready = true
        loadAhead()
        break
      case 'stream':
        iopub.stream(event.name, event.text, event.parent)
        break
      case 'display': {
        const transient = event.id === undefined ? {} : { display_id: event.id }
        const type = event.update ? 'update_display_data' : 'display_data'
        iopub.publish(type, { ...event.bundle, transient }, event.parent)
        break
      }
      case 'clear':
        iopub.publish('clear_output', { wait: event.wait }, event.parent)
        break
      case 'comm':
        track(event.type, event.content)
        iopub.publish(event.type, event.content, event.parent, { metadata: event.metadata, buffers })
        break
      case 'question': {
        const { parent, prompt, password, question } = event
        const asking = execution
        const answer: Asked['answer'] = answer => asking?.send({ kind: 'answer', question, ...answer } as Answer)
        onQuestion({ parent, prompt, password, answer })
        break
      }
      case 'done':
        // After what native code wrote meanwhile, which comes through another pipe.
        setImmediate(() => {
          waiting.get(event.request)?.resolve(event)
          waiting.delete(event.request)
        })
    }
  }

  /** Native code does not say for whom it writes: it is taken for the latest cell that runs. */
  function onNativeOutput(text: string): void {
    const cells = [...waiting.values()].filter(({ request }) => request.kind === 'execute')
    iopub.stream('stdout', text, cells.at(-1)?.request.parent ?? {})
  }

  function onExit(reason: string): void {
    const [what, ...words] = reason.split('\n')
    const evalue = `the process that ran the cells ended (${what}); its variables are lost`
    const failure: Failure = {
      ename: 'ExecutionProcessEnded',
      evalue,
      traceback: [`ExecutionProcessEnded: ${evalue}. The next cell has a fresh one.`, ...words],
    }
    for (const id of comms.keys()) iopub.publish('comm_close', { comm_id: id, data: {} }, {})
    comms.clear()
    // One that ended before it was ready would do so again at once; the next cell tries.
    execution = ready ? start() : undefined
    onLost()
    const pending = [...waiting.values()]
    waiting.clear()
    for (const { resolve } of pending) resolve({ failure })
  }

  return {
    comms,
    ask,
    inspector: () => alive().inspector,
    interrupt: () => execution?.interrupt(),
    stop: () => execution?.stop(),
  }
}
