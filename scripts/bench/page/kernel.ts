/**
 * A kernel's end of the live protocol, in the page, so that what follows it is the real thing. It forgets what it has
 * sent: the page's memory is to be the view's alone.
 */

import { Signal } from '@lumino/signaling'
import { type LogRecord, parseToKernel, streamVersion } from '../../../src/views/stream.js'
import { encodeRecords } from '../../../src/views/streamCodec.js'

export interface StandIn {
  readonly run: string
  /** What the extension uses of it; to be given to `followKernelRun`. */
  readonly connection: never
  append(record: LogRecord): void
  /** Sends what is new, as a kernel does ten times a second. */
  push(): void
}

const run = 'bench'
const mostRecords = 4096

export function standInKernel(total: number): StandIn {
  let onMsg: (message: unknown) => void = () => {}
  const unsent: LogRecord[] = []
  let [sent, asked] = [0, false]
  const about = { revision: 0, label: run, status: 'running', settings: [], total, controls: null }
  const push = () => {
    while (asked && unsent.length > 0) {
      const records = unsent.splice(0, mostRecords)
      const { groups, buffers } = encodeRecords(records)
      const length = sent + records.length + unsent.length
      const data = { version: streamVersion, type: 'update', run, from: sent, length, groups, about }
      sent += records.length
      onMsg({ content: { data: structuredClone(data) }, buffers })
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
      if (parsed.message.sequence !== sent) throw new Error('points were lost on the way')
      asked = true
      queueMicrotask(push)
    },
  }
  const kernel = {
    ...{ id: `bench ${Math.random()}`, isDisposed: false, handleComms: true },
    createComm: () => comm,
  }
  return {
    run,
    connection: Object.assign(kernel, { connectionStatusChanged: new Signal(kernel) }) as never,
    append: record => void unsent.push(record),
    push,
  }
}
