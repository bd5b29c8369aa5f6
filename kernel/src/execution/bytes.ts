// Pictures and other bytes in MIME bundles on their way to the page: through the pipe beside the JSON, and as base64 in
// the message. Megabytes of text would be written, searched for quotes and read again in each process.
import { WrittenJson } from '../protocol/message.js'
import type { Bundle, Event } from './protocol.js'

/** Takes the bytes out of an event's bundle. @returns what goes as JSON, and the frame's buffers */
export function packBytes(event: Event): { event: Event; buffers: Uint8Array[] } {
  const bundle = bundleOf(event)
  const bytes = Object.entries(bundle?.data ?? {}).flatMap(([type, value]) =>
    value instanceof Uint8Array ? [{ type, value }] : [],
  )
  if (!bundle || bytes.length === 0) return { event, buffers: [] }
  const types = bytes.map(({ type }) => type)
  const data = Object.fromEntries(Object.entries(bundle.data).filter(([type]) => !types.includes(type)))
  const packed: Bundle = { ...bundle, data, bytes: types }
  return {
    event: event.kind === 'display' ? { ...event, bundle: packed } : ({ ...event, result: packed } as Event),
    buffers: bytes.map(({ value }) => value),
  }
}

/** Puts the bytes that came with an event back into its bundle. */
export function unpackBytes(event: Event, buffers: readonly Buffer[]): void {
  const bundle = bundleOf(event)
  for (const [index, type] of (bundle?.bytes ?? []).entries()) {
    bundle!.data[type] = new WrittenJson(Buffer.from(`"${buffers[index]!.toString('base64')}"`, 'latin1'))
  }
  delete bundle?.bytes
}

const bundleOf = (event: Event): Bundle | undefined =>
  event.kind === 'display' ? event.bundle : event.kind === 'done' ? event.result : undefined
