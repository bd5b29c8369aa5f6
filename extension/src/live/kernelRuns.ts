/** Runs of a kernel, followed over its comm: one line for each kernel, one stream for each run, however many views it has. */

import type { Kernel, KernelMessage } from '@jupyterlab/services'
import { Signal } from '@lumino/signaling'
import type { Action } from '../../../src/tuning/action.js'
import {
  type FromKernel,
  parseFromKernel,
  streamTarget,
  streamVersion,
  type ToKernel,
} from '../../../src/views/stream.js'
import type { Bytes } from '../../../src/views/streamCodec.js'
import { createStreamModel, type StreamModel } from '../../../src/views/streamModel.js'
import { trans } from '../../../src/views/words.js'
import type { RunSource } from './source.js'

/** Milliseconds between two looks at whether something is lacking. */
const pace = 1000
/** A control that is not answered for so long counts as refused. */
const patience = 10_000
/** Milliseconds until a line that broke is opened again. */
const pause = 3000

interface Stream {
  readonly model: StreamModel
  readonly source: Omit<RunSource, 'dispose'>
  readonly changed: Signal<RunSource, void>
  revision: number
  users: number
}

interface Line {
  readonly streams: Map<string, Stream>
  readonly answers: Map<string, (answer: FromKernel & { type: 'answer' }) => void>
  send(message: ToKernel): void
  dispose(): void
}

const lines = new Map<string, Line>()

/** Follows a run of a kernel; a second view of it gets the same stream. The caller disposes of what it got. */
export function followKernelRun(kernel: Kernel.IKernelConnection, run: string): RunSource {
  let line = lines.get(kernel.id)
  if (!line) {
    line = openLine(kernel)
    lines.set(kernel.id, line)
  }
  let stream = line.streams.get(run)
  if (!stream) {
    stream = createStream(line, run)
    line.streams.set(run, stream)
  }
  stream.users++
  ask(line, stream)
  return sourceOf(kernel.id, line, stream)
}

/** The same stream for each view, with a `dispose` of its own. */
function sourceOf(kernel: string, line: Line, stream: Stream): RunSource {
  let disposed = false
  return Object.create(stream.source, {
    dispose: {
      value() {
        if (disposed) return
        disposed = true
        if (--stream.users > 0) return
        line.streams.delete(stream.model.run)
        if (line.streams.size > 0) return
        line.dispose()
        lines.delete(kernel)
      },
    },
  }) as RunSource
}

function createStream(line: Line, run: string): Stream {
  const model = createStreamModel(run)
  let time = new Date()
  let seen = -1
  const source: Omit<RunSource, 'dispose'> = {
    data: model.data,
    get about() {
      return model.about
    },
    get connection() {
      return model.connection
    },
    get problem() {
      return model.problem
    },
    get time() {
      if (seen !== model.revision) [seen, time] = [model.revision, new Date()]
      return time
    },
    get loaded() {
      return model.length === 0 ? Number(model.about !== undefined) : model.next / model.length
    },
    get changed() {
      return changed
    },
    act: action => act(line, run, action),
  }
  const changed = new Signal<RunSource, void>(source as RunSource)
  return { model, source, changed, revision: -1, users: 0 }
}

let controls = 0

async function act(line: Line, run: string, action: Action): Promise<void> {
  const id = `${Date.now().toString(36)}-${++controls}`
  const answer = await new Promise<FromKernel & { type: 'answer' }>((resolve, reject) => {
    const timer = setTimeout(() => {
      line.answers.delete(id)
      reject(new Error(trans.__('The kernel did not answer within %1 s.', patience / 1000)))
    }, patience)
    line.answers.set(id, message => {
      clearTimeout(timer)
      line.answers.delete(id)
      resolve(message)
    })
    line.send({ version: streamVersion, type: 'control', run, id, action })
  })
  if (answer.problem) throw new Error(answer.problem)
}

function ask(line: Line, stream: Stream): void {
  const question = stream.model.ask(performance.now())
  if (question) line.send(question)
  if (stream.revision === stream.model.revision) return
  stream.revision = stream.model.revision
  stream.changed.emit()
}

function openLine(kernel: Kernel.IKernelConnection): Line {
  const streams: Line['streams'] = new Map()
  const answers: Line['answers'] = new Map()
  let comm: Kernel.IComm | undefined
  let earliest = 0

  const receive = ({ content, buffers }: KernelMessage.ICommMsgMsg) => {
    const parsed = parseFromKernel(content.data)
    const message = 'message' in parsed ? parsed.message : undefined
    if (message?.type === 'answer') answers.get(message.to)?.(message)
    for (const stream of streams.values()) {
      if (message && 'run' in message && message.run !== stream.model.run) continue
      stream.model.receive(content.data, (buffers ?? []) as Bytes[], performance.now())
      ask(line, stream)
    }
  }
  /** The comm, opened anew where it broke; undefined while that cannot be. */
  const open = (): Kernel.IComm | undefined => {
    if (comm && !comm.isDisposed) return comm
    if (kernel.isDisposed || !kernel.handleComms || performance.now() < earliest) return undefined
    earliest = performance.now() + pause
    comm = kernel.createComm(streamTarget)
    comm.onMsg = receive
    comm.onClose = () => {
      comm = undefined
      for (const { model } of streams.values()) model.reconnect()
    }
    comm.open({})
    return comm
  }
  const onConnection = (_: unknown, status: Kernel.ConnectionStatus) => {
    if (status !== 'connected') return
    for (const stream of streams.values()) {
      stream.model.reconnect()
      ask(line, stream)
    }
  }
  const line: Line = {
    streams,
    answers,
    send(message) {
      try {
        open()?.send(message as never)
      } catch {
        // The connection is just gone; the model asks again, and says so when nothing comes.
      }
    },
    dispose() {
      clearInterval(timer)
      kernel.connectionStatusChanged.disconnect(onConnection)
      if (comm && !comm.isDisposed && !kernel.isDisposed) comm.close()
    },
  }
  kernel.connectionStatusChanged.connect(onConnection)
  const timer = setInterval(() => {
    for (const stream of streams.values()) ask(line, stream)
  }, pace)
  return line
}

/** Milliseconds for a kernel to say which runs it has: one that is not ours says nothing. */
const listPatience = 1500

/** The runs that a kernel knows, the newest first; none where it is not ours, or another tab of the page holds its comms. */
export async function kernelRuns(kernel: Kernel.IKernelConnection): Promise<readonly KnownRun[]> {
  if (kernel.isDisposed || !kernel.handleComms) return []
  const comm = kernel.createComm(streamTarget)
  const listed = await new Promise<readonly KnownRun[]>(resolve => {
    setTimeout(() => resolve([]), listPatience)
    comm.onClose = () => resolve([])
    comm.onMsg = ({ content }) => {
      const parsed = parseFromKernel(content.data)
      if ('message' in parsed && parsed.message.type === 'runs') resolve(parsed.message.runs)
    }
    comm.open({})
    const question: ToKernel = { version: streamVersion, type: 'list' }
    comm.send(question as never)
  })
  if (!comm.isDisposed && !kernel.isDisposed) comm.close()
  return [...listed].reverse()
}

export type KnownRun = (FromKernel & { type: 'runs' })['runs'][number]
