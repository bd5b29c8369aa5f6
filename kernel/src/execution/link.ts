// The execution process's end of the pipes.
import { writevSync } from 'node:fs'
import { Socket } from 'node:net'
import { createActivity } from './activity.js'
import { packBytes } from './bytes.js'
import { type Event, encodeFrame, FROM_KERNEL, frameReader, TO_KERNEL, type ToExecution } from './protocol.js'

/** How long a full pipe is left to the kernel: it empties in less. */
const PAUSE_MS = 0.1

const pause = new Int32Array(new SharedArrayBuffer(4))

export const activity = createActivity()

/** Sends an event to the kernel; returns when the pipe has taken it. */
export function emit(event: Event, buffers: Uint8Array[] = []): void {
  const packed = packBytes(event)
  const parts = encodeFrame(packed.event, [...packed.buffers, ...buffers]).filter(part => part.byteLength > 0)
  activity.write(() => write(parts))
}

function write(parts: Uint8Array[]): void {
  let left = parts
  while (left.length > 0) {
    let written: number
    try {
      written = writevSync(TO_KERNEL, left)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
      Atomics.wait(pause, 0, 0, PAUSE_MS)
      continue
    }
    while (left.length > 0 && written >= left[0]!.byteLength) written -= left.shift()!.byteLength
    if (written > 0) left = [left[0]!.subarray(written), ...left.slice(1)]
  }
}

export function onMessage(handle: (message: ToExecution, buffers: Buffer[]) => void): void {
  const socket = new Socket({ fd: FROM_KERNEL, readable: true, writable: false })
  const read = frameReader<ToExecution>(handle)
  socket.on('data', read)
  socket.on('end', () => process.exit(0))
  socket.on('error', () => process.exit(0))
}
