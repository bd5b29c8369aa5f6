// How a value looks: as a MIME bundle. A value may say so itself by a method [Symbol.for('Jupyter.display')], the
// convention of Deno's kernel.
import { inspect } from 'node:util'
import type { Json } from '../protocol/message.js'
import type { Bundle } from './protocol.js'

const DISPLAY = Symbol.for('Jupyter.display')

export async function toBundle(value: unknown): Promise<Bundle> {
  const own = (value as { [DISPLAY]?: unknown } | null)?.[DISPLAY]
  if (typeof own === 'function') return { data: encodeBundle((await own.call(value)) as Json), metadata: {} }
  const data: Json = { 'text/plain': inspect(value) }
  const image = value instanceof Uint8Array ? imageType(value) : undefined
  if (image) {
    data['text/plain'] = `${image}, ${(value as Uint8Array).length} bytes`
    data[image] = value
  }
  return { data: encodeBundle(data), metadata: {} }
}

/**
 * Makes a bundle fit for JSON: bytes become base64.
 * @throws TypeError when it is not a record of MIME types
 */
export function encodeBundle(bundle: Json): Json {
  if (typeof bundle !== 'object' || bundle === null || Array.isArray(bundle)) {
    throw new TypeError(`a MIME bundle must be an object such as { 'text/html': '…' }, not ${inspect(bundle)}`)
  }
  return Object.fromEntries(
    Object.entries(bundle).map(([type, value]) => {
      if (!ArrayBuffer.isView(value)) return [type, value]
      return [type, Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64')]
    }),
  )
}

function imageType(bytes: Uint8Array): string | undefined {
  const starts = (...signature: number[]) => signature.every((byte, index) => bytes[index] === byte)
  if (starts(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)) return 'image/png'
  if (starts(0xff, 0xd8, 0xff)) return 'image/jpeg'
  return undefined
}

interface TensorLike {
  dtype: string
  shape: number[]
}

/** Lets tensors of a library print as type and shape: their values may be gigabytes on a GPU. */
export function describeTensors(library: unknown): void {
  const { Tensor } = (library ?? {}) as { Tensor?: { prototype?: object } }
  if (!Tensor?.prototype || inspect.custom in Tensor.prototype) return
  Object.defineProperty(Tensor.prototype, inspect.custom, {
    value(this: TensorLike) {
      return `Tensor ${this.dtype} [${this.shape.join(', ')}]`
    },
  })
}
