// Comms: two-way channels between a cell and the page, opened from either side, with binary buffers.
import { AsyncResource } from 'node:async_hooks'
import { randomUUID } from 'node:crypto'
import type { Json } from '../protocol/message.js'
import { emit } from './link.js'
import type { CommType } from './protocol.js'
import { currentScope } from './scope.js'

export interface CommMessage {
  data: unknown
  buffers: Uint8Array[]
  metadata: Json
}

export interface SendOptions {
  buffers?: Uint8Array[]
  metadata?: Json
}

export interface Comm {
  readonly id: string
  readonly target: string
  send(data: unknown, options?: SendOptions): void
  close(data?: unknown, options?: SendOptions): void
  onMessage(handler: (message: CommMessage) => unknown): void
  onClose(handler: (message: CommMessage) => unknown): void
}

export type CommHandler = (comm: Comm, message: CommMessage) => unknown

interface Entry {
  comm: Comm
  messageHandlers: ((message: CommMessage) => unknown)[]
  closeHandlers: ((message: CommMessage) => unknown)[]
}

const entries = new Map<string, Entry>()
const targets = new Map<string, CommHandler>()

/** Opens a comm to the page's `target`. */
export function openComm(target: string, data: unknown = {}, options: SendOptions = {}): Comm {
  const comm = createComm(randomUUID(), target)
  emitComm('comm_open', { comm_id: comm.id, target_name: target, data }, options)
  return comm
}

/** Accepts comms that the page opens to `target`. What a handler prints belongs to the cell that set it. */
export function onComm(target: string, handler: CommHandler): void {
  targets.set(target, AsyncResource.bind(handler))
}

export const isAccepted = (target: string): boolean => targets.has(target)

function emitComm(type: CommType, content: Json, { buffers = [], metadata = {} }: SendOptions): void {
  emit({ kind: 'comm', parent: currentScope().parent, type, content, metadata }, buffers)
}

function createComm(id: string, target: string): Comm {
  const messageHandlers: Entry['messageHandlers'] = []
  const closeHandlers: Entry['closeHandlers'] = []
  const comm: Comm = {
    id,
    target,
    send(data, options = {}) {
      if (!entries.has(id)) throw new Error(`this comm to "${target}" is closed`)
      emitComm('comm_msg', { comm_id: id, data }, options)
    },
    close(data = {}, options = {}) {
      if (entries.delete(id)) emitComm('comm_close', { comm_id: id, data }, options)
    },
    onMessage: handler => void messageHandlers.push(AsyncResource.bind(handler)),
    onClose: handler => void closeHandlers.push(AsyncResource.bind(handler)),
  }
  entries.set(id, { comm, messageHandlers, closeHandlers })
  return comm
}

/** Hands a comm message from the page to its handlers and waits for them. */
export async function receiveComm(type: CommType, content: Json, metadata: Json, buffers: Uint8Array[]): Promise<void> {
  const id = String(content.comm_id)
  const message: CommMessage = { data: content.data, buffers, metadata }
  if (type === 'comm_open') {
    const target = String(content.target_name)
    const handler = targets.get(target)
    if (!handler) return emitComm('comm_close', { comm_id: id, data: {} }, {})
    await handler(createComm(id, target), message)
    return
  }
  const entry = entries.get(id)
  if (!entry) return
  if (type === 'comm_close') entries.delete(id)
  for (const handler of type === 'comm_close' ? entry.closeHandlers : entry.messageHandlers) await handler(message)
}
