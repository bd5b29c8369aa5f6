// What the kernel broadcasts. Printed text is gathered for some milliseconds, so that a cell that prints 20,000 lines
// makes tens of messages, not 20,000; anything else that is published sends the gathered text first.
import type { Json } from './message.js'
import { iopubMessage, type Sockets } from './sockets.js'

const GATHER_MS = 10
const GATHER_CHARACTERS = 64 * 1024

export interface Iopub {
  publish(type: string, content: Json, parent: Json, options?: { metadata?: Json; buffers?: Uint8Array[] }): void
  stream(name: 'stdout' | 'stderr', text: string, parent: Json): void
  status(state: 'starting' | 'busy' | 'idle', parent: Json): void
}

export function createIopub(sockets: Sockets, session: string): Iopub {
  let gathered: { name: string; parent: Json; texts: string[]; length: number } | undefined
  let timer: NodeJS.Timeout | undefined

  const send: Iopub['publish'] = (type, content, parent, options) =>
    sockets.publish(iopubMessage(type, content, parent, session, options))

  function flush(): void {
    clearTimeout(timer)
    timer = undefined
    if (!gathered) return
    const { name, texts, parent } = gathered
    gathered = undefined
    send('stream', { name, text: texts.join('') }, parent)
  }

  const publish: Iopub['publish'] = (type, content, parent, options) => {
    flush()
    send(type, content, parent, options)
  }

  return {
    publish,
    stream(name, text, parent) {
      if (gathered && (gathered.name !== name || gathered.parent.msg_id !== parent.msg_id)) flush()
      gathered ??= { name, parent, texts: [], length: 0 }
      gathered.texts.push(text)
      gathered.length += text.length
      if (gathered.length >= GATHER_CHARACTERS) flush()
      else timer ??= setTimeout(flush, GATHER_MS)
    },
    status: (state, parent) => publish('status', { execution_state: state }, parent),
  }
}
