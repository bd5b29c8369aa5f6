// The kernel's end of the execution process's inspector: the Chrome DevTools Protocol over a pipe.
import type { Duplex } from 'node:stream'
import type { InspectorMessage } from '../execution/inspector.js'
import { encodeFrame, frameReader } from '../execution/protocol.js'

export type Post = <Result = unknown>(method: string, params?: object) => Promise<Result>

export interface Inspector {
  /** @throws Error with the inspector's words, or when the execution process ends before it answers */
  post: Post
  /** Undoes everything: code that is stopped goes on, breakpoints are gone. */
  close(): void
}

let requests = 0

export function connectInspector(pipe: Duplex, onTold: (method: string, params: unknown) => void): Inspector {
  const waiting = new Map<number, { resolve(result: unknown): void; reject(error: Error): void }>()

  const read = frameReader<InspectorMessage>(message => {
    if ('method' in message) return onTold(message.method, message.params)
    const asked = waiting.get(message.id)
    waiting.delete(message.id)
    if (message.error === undefined) asked?.resolve(message.result)
    else asked?.reject(new Error(message.error))
  })
  const onClose = () => {
    for (const { reject } of waiting.values()) reject(new Error('the process that runs the cells has ended'))
    waiting.clear()
  }
  pipe.on('data', read)
  pipe.on('close', onClose)

  function send(method: string, params?: object): number {
    const id = ++requests
    for (const part of encodeFrame({ id, method, params }, [])) pipe.write(part)
    return id
  }

  return {
    post: <Result>(method: string, params?: object) =>
      new Promise<Result>((resolve, reject) => {
        waiting.set(send(method, params), { resolve: resolve as (result: unknown) => void, reject })
      }),
    close() {
      send('disconnect')
      pipe.off('data', read)
      pipe.off('close', onClose)
      onClose()
    },
  }
}
