// What the kernel and its execution process say to each other, and how: frames on two pipes,
//   u32 length of the JSON, u32 number of buffers, u32 length of each buffer; the JSON; the buffers.
// The execution process writes synchronously, so that output leaves it even while a cell never yields.
import type { Script } from '../language/types.js'
import type { Magic } from '../magics.js'
import type { Json } from '../protocol/message.js'

/** File descriptors in the execution process. */
export const TO_KERNEL = 3
export const FROM_KERNEL = 4
export const TO_WATCHDOG = 5
/** Both ways: the debugger's frames; see inspector.ts. */
export const INSPECTOR = 6

export type CommType = 'comm_open' | 'comm_msg' | 'comm_close'

/** Kernel → execution process. */
export type ToExecution = Request | Answer | { kind: 'load' }

/** Each is answered by `done` with its number. */
export type Request = { request: number; parent: Json } & (
  | { kind: 'execute'; cell: string; script: Script }
  | { kind: 'magic'; magic: Magic }
  | { kind: 'comm'; type: CommType; content: Json; metadata: Json }
)

/** What the user typed for the question with this number, or why nobody is asked. */
export type Answer = { kind: 'answer'; question: number } & ({ text: string } | { refusal: string })

export interface Failure {
  ename: string
  evalue: string
  traceback: string[]
}

export interface Bundle {
  /** By MIME type: JSON, and in the execution process bytes; see bytes.ts. */
  data: Json
  metadata: Json
  /** In the pipe: the types whose values are the frame's buffers. */
  bytes?: string[]
}

/** How a request ended; one without a value has neither. */
export interface Outcome {
  result?: Bundle
  failure?: Failure
  /** What the front end shall do besides, such as showing a page. */
  payload?: Json[]
}

/** Execution process → kernel. `parent` is the header of the request that the output belongs to. */
export type Event =
  | { kind: 'ready' }
  | { kind: 'stream'; parent: Json; name: 'stdout' | 'stderr'; text: string }
  | { kind: 'display'; parent: Json; bundle: Bundle; id?: string; update: boolean }
  | { kind: 'clear'; parent: Json; wait: boolean }
  | { kind: 'comm'; parent: Json; type: CommType; content: Json; metadata: Json }
  | { kind: 'question'; parent: Json; question: number; prompt: string; password: boolean }
  | ({ kind: 'done'; request: number } & Outcome)

export function encodeFrame(message: object, buffers: Uint8Array[]): Uint8Array[] {
  const json = Buffer.from(JSON.stringify(message))
  const head = Buffer.alloc(8 + 4 * buffers.length)
  head.writeUInt32LE(json.length, 0)
  head.writeUInt32LE(buffers.length, 4)
  for (const [index, buffer] of buffers.entries()) head.writeUInt32LE(buffer.byteLength, 8 + 4 * index)
  return [head, json, ...buffers]
}

/** Takes what arrives in pieces of any size and hands on whole frames. */
export function frameReader<M>(onFrame: (message: M, buffers: Buffer[]) => void): (chunk: Buffer) => void {
  let pieces: Buffer[] = []
  let available = 0
  let needed = 8

  return chunk => {
    pieces.push(chunk)
    available += chunk.length
    if (available < needed) return
    let data = pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces)
    const frames: [M, Buffer[]][] = []
    for (;;) {
      needed = frameLength(data)
      if (data.length < needed) break
      frames.push(parseFrame<M>(data.subarray(0, needed)))
      data = data.subarray(needed)
    }
    pieces = [data]
    available = data.length
    for (const [message, buffers] of frames) onFrame(message, buffers)
  }
}

/** The whole frame's length, or as much of it as is known from its beginning. */
function frameLength(data: Buffer): number {
  if (data.length < 8) return 8
  const count = data.readUInt32LE(4)
  const head = 8 + 4 * count
  if (data.length < head) return head
  let length = head + data.readUInt32LE(0)
  for (let i = 0; i < count; i++) length += data.readUInt32LE(8 + 4 * i)
  return length
}

function parseFrame<M>(frame: Buffer): [M, Buffer[]] {
  const count = frame.readUInt32LE(4)
  let at = 8 + 4 * count
  const take = (length: number) => {
    at += length
    return frame.subarray(at - length, at)
  }
  const json = take(frame.readUInt32LE(0))
  const buffers = Array.from({ length: count }, (_, index) => take(frame.readUInt32LE(8 + 4 * index)))
  return [JSON.parse(json.toString()) as M, buffers]
}
