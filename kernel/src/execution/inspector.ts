// The inspector of the main thread, for the kernel's debugger: frames { id, method, params } come in, their answers and
// what the inspector tells go out. It works in the watchdog's thread, and so while the main thread is stopped. Nothing
// is connected before the first frame comes.
import { Session } from 'node:inspector'
import { Socket } from 'node:net'
import { encodeFrame, frameReader, INSPECTOR } from './protocol.js'

export interface InspectorRequest {
  id: number
  /** Of the Chrome DevTools Protocol; or 'disconnect', by which everything is as if nobody had been there. */
  method: string
  params?: object
}

export type InspectorMessage =
  | { id: number; result?: unknown; error?: string }
  | { method: string; params: Record<string, unknown> }

export function serveInspector(): void {
  const socket = new Socket({ fd: INSPECTOR, readable: true, writable: true })
  let session: Session | undefined

  function send(message: InspectorMessage): void {
    for (const part of encodeFrame(message, [])) socket.write(part)
  }

  function connect(): Session {
    const connected = new Session()
    connected.connectToMainThread()
    connected.on('inspectorNotification', ({ method, params }) =>
      send({ method, params: params as Record<string, unknown> }),
    )
    return connected
  }

  const read = frameReader<InspectorRequest>(({ id, method, params }) => {
    if (method === 'disconnect') {
      session?.disconnect()
      session = undefined
      return
    }
    session ??= connect()
    session.post(method, params, (error: Error | null, result?: object) =>
      send(error ? { id, error: error.message } : { id, result }),
    )
  })
  socket.on('data', read)
  // The watchdog's own pipe says when the kernel is gone.
  socket.on('error', () => {})
}
