/** A kernel's end of the live protocol, in the page: a run's log behind a comm, so that what follows it is the real thing. */

import { Signal } from '@lumino/signaling'
import { parseToKernel } from '../../../src/views/stream.js'
import { createRunLog, type RunLog } from '../../../src/views/streamLog.js'

/** What the extension uses of `Kernel.IKernelConnection`. */
export interface StandIn {
  readonly log: RunLog
  /** To be given to `followKernelRun`. */
  readonly connection: never
  /** Sends what is new, as a kernel does ten times a second. */
  push(): void
}

const mostBytes = 1_000_000

export function standInKernel(total: number): StandIn {
  const log = createRunLog('bench', { label: 'bench', total, status: 'running' })
  let onMsg: (message: unknown) => void = () => {}
  let [sent, known] = [Number.POSITIVE_INFINITY, -1]
  const push = () => {
    while (sent < log.length) {
      const { update, buffers, next } = log.read(sent, mostBytes, known)
      sent = next
      known = log.about.revision
      onMsg({ content: { data: structuredClone(update) }, buffers })
    }
  }
  const comm = {
    isDisposed: false,
    set onMsg(listener: (message: unknown) => void) {
      onMsg = listener
    },
    open() {},
    close() {},
    send(data: unknown) {
      const parsed = parseToKernel(data)
      if (!('message' in parsed) || parsed.message.type !== 'since') return
      sent = parsed.message.sequence
      known = -1
      queueMicrotask(push)
    },
  }
  const connection = {
    ...{ id: `bench ${Math.random()}`, isDisposed: false, handleComms: true },
    createComm: () => comm,
  }
  return {
    log,
    connection: Object.assign(connection, { connectionStatusChanged: new Signal(connection) }) as never,
    push,
  }
}
