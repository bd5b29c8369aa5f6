// A MIME bundle fit for the wire: JSON, and bytes for those types whose values become base64 there.
import { inspect } from 'node:util'
import type { Json } from '../protocol/message.js'

/**
 * Bytes of any kind become a Uint8Array, those of SVG text.
 * @throws TypeError when it is not a record of MIME types
 */
export function checkBundle(bundle: Json): Json {
  if (typeof bundle !== 'object' || bundle === null || Array.isArray(bundle)) {
    throw new TypeError(`a MIME bundle must be an object such as { 'text/html': '…' }, not ${inspect(bundle)}`)
  }
  return mapValues(bundle, (value, type) => {
    if (!ArrayBuffer.isView(value)) return value
    const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength)
    return type === 'image/svg+xml' ? bytes.toString() : bytes
  })
}

/** The same with the bytes as base64. */
export function encodeBundle(bundle: Json): Json {
  return mapValues(checkBundle(bundle), value => (Buffer.isBuffer(value) ? value.toString('base64') : value))
}

const mapValues = (bundle: Json, f: (value: unknown, type: string) => unknown): Json =>
  Object.fromEntries(Object.entries(bundle).map(([type, value]) => [type, f(value, type)]))
