// A Jupyter message (protocol 5.5) and its form on the wire:
//   identities…, '<IDS|MSG>', signature, header, parent header, metadata, content, buffers…
// The signature is an HMAC over the four JSON frames only, never over the buffers.
import { createHmac, getHashes, randomUUID, timingSafeEqual } from 'node:crypto'
import { isObject } from './fields.js'

export const PROTOCOL_VERSION = '5.5'

export type Json = Record<string, unknown>

export interface Header extends Json {
  msg_id: string
  msg_type: string
  session: string
  username: string
  date: string
  version: string
}

export interface Message {
  /** Routing prefixes of the ROUTER socket; for IOPub the topic. */
  identities: Uint8Array[]
  header: Header
  /** Header of the message that this one answers; empty when there is none. */
  parent: Header | Json
  metadata: Json
  content: Json
  buffers: Uint8Array[]
}

const DELIMITER = Buffer.from('<IDS|MSG>')

/** So many signatures are remembered, as Jupyter's own kernels do, to know a message that is sent a second time. */
const REMEMBERED = 65_536

/** Signs and checks messages with the connection file's key; an empty key means that nothing is signed. */
export class Signer {
  readonly #key: string
  readonly #algorithm: string
  readonly #seen = new Set<string>()

  /** @param scheme the connection file's `signature_scheme`, such as `hmac-sha256` */
  constructor(key: string, scheme: string) {
    if (!scheme.startsWith('hmac-')) {
      throw new Error(`signature_scheme "${scheme}" is not supported: expected hmac-sha256 or another hmac-… scheme`)
    }
    this.#key = key
    this.#algorithm = scheme.slice('hmac-'.length)
    if (!getHashes().includes(this.#algorithm)) {
      throw new Error(`signature_scheme "${scheme}" is not supported: this Node.js knows no hash "${this.#algorithm}"`)
    }
  }

  sign(frames: Uint8Array[]): string {
    if (this.#key === '') return ''
    const hmac = createHmac(this.#algorithm, this.#key)
    for (const frame of frames) hmac.update(frame)
    return hmac.digest('hex')
  }

  /** @throws Error when the signature is wrong, or was accepted before */
  check(signature: Uint8Array, frames: Uint8Array[]): void {
    if (this.#key === '') return
    const expected = this.sign(frames)
    const bytes = Buffer.from(expected)
    if (signature.length !== bytes.length || !timingSafeEqual(signature, bytes)) throw new Error('wrong signature')
    if (this.#seen.has(expected)) throw new Error('a signature that was used before')
    this.#seen.add(expected)
    if (this.#seen.size > REMEMBERED) this.#seen.delete(this.#seen.values().next().value!)
  }
}

export function newHeader(type: string, session: string): Header {
  return {
    msg_id: randomUUID(),
    msg_type: type,
    session,
    username: 'kernel',
    date: new Date().toISOString(),
    version: PROTOCOL_VERSION,
  }
}

/** A value within a message that is JSON already, such as a large picture's: it goes to the wire as it is. */
export class WrittenJson {
  constructor(readonly bytes: Buffer) {}

  toJSON(): string {
    written.push(this.bytes)
    return PLACE
  }
}

/** Stands for those values while the rest is written; no text has it. */
const PLACE = randomUUID()
let written: Buffer[] = []

function jsonFrame(part: Json): Buffer {
  written = []
  const text = JSON.stringify(part)
  if (written.length === 0) return Buffer.from(text)
  const pieces = text.split(`"${PLACE}"`)
  return Buffer.concat(pieces.flatMap((piece, index) => [Buffer.from(piece), written[index] ?? Buffer.alloc(0)]))
}

export function encode(message: Message, signer: Signer): Uint8Array[] {
  const { header, parent, metadata, content } = message
  const frames = [header, parent, metadata, content].map(jsonFrame)
  return [...message.identities, DELIMITER, Buffer.from(signer.sign(frames)), ...frames, ...message.buffers]
}

/**
 * Reads one multipart message.
 * @throws Error when frames are missing, the signature is wrong or a frame is not a JSON object
 */
export function decode(frames: Buffer[], signer: Signer): Message {
  const at = frames.findIndex(frame => frame.equals(DELIMITER))
  if (at < 0) throw new Error('no <IDS|MSG> delimiter')
  const signature = frames[at + 1]
  const signed = frames.slice(at + 2, at + 6)
  if (!signature || signed.length < 4) throw new Error(`only ${frames.length - at - 1} frames follow the delimiter`)
  signer.check(signature, signed)
  const [header, parent, metadata, content] = signed.map(parseObject) as [Header, Json, Json, Json]
  if (typeof header.msg_type !== 'string' || typeof header.msg_id !== 'string') {
    throw new Error('the header lacks msg_type or msg_id')
  }
  return { identities: frames.slice(0, at), header, parent, metadata, content, buffers: frames.slice(at + 6) }
}

function parseObject(frame: Buffer): Json {
  const value: unknown = JSON.parse(frame.toString())
  if (!isObject(value)) throw new Error('a frame is no JSON object')
  return value
}
