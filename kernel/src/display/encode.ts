// A MIME bundle as it goes over the wire.
import { inspect } from 'node:util'
import type { Json } from '../protocol/message.js'

/**
 * Makes a bundle fit for JSON: bytes become base64, those of SVG text.
 * @throws TypeError when it is not a record of MIME types
 */
export function encodeBundle(bundle: Json): Json {
  if (typeof bundle !== 'object' || bundle === null || Array.isArray(bundle)) {
    throw new TypeError(`a MIME bundle must be an object such as { 'text/html': '…' }, not ${inspect(bundle)}`)
  }
  return Object.fromEntries(
    Object.entries(bundle).map(([type, value]) => {
      if (!ArrayBuffer.isView(value)) return [type, value]
      const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength)
      return [type, bytes.toString(type === 'image/svg+xml' ? 'utf8' : 'base64')]
    }),
  )
}
