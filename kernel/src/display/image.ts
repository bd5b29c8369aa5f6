// Images: bytes of PNG, JPEG, GIF, WebP and SVG, and images of sharp, which encodes them.
import type { Json } from '../protocol/message.js'
import { byteCount } from './html.js'

interface SharpImage {
  clone(): SharpImage
  png(): SharpImage
  metadata(): Promise<unknown>
  toBuffer(options: { resolveWithObject: true }): Promise<{ data: Buffer; info: { width: number; height: number } }>
}

export async function imageBundle(value: object): Promise<Json | undefined> {
  if (value instanceof Uint8Array) {
    const type = imageType(value)
    if (!type) return undefined
    return { 'text/plain': `${type}, ${byteCount(value.length)}`, [type]: value }
  }
  if (!isSharp(value)) return undefined
  const { data, info } = await value.clone().png().toBuffer({ resolveWithObject: true })
  return { 'text/plain': `image, ${info.width} × ${info.height}`, 'image/png': data }
}

function isSharp(value: object): value is SharpImage {
  if (value.constructor?.name !== 'Sharp') return false
  const { clone, png, toBuffer } = value as Partial<SharpImage>
  return [clone, png, toBuffer].every(method => typeof method === 'function')
}

const SIGNATURES: [type: string, at: number, signature: string][] = [
  ['image/png', 0, '\x89PNG\r\n\x1a\n'],
  ['image/jpeg', 0, '\xff\xd8\xff'],
  ['image/gif', 0, 'GIF8'],
  ['image/webp', 8, 'WEBP'],
]

function imageType(bytes: Uint8Array): string | undefined {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, 1024)).toString('latin1')
  const known = SIGNATURES.find(([, at, signature]) => head.startsWith(signature, at))
  if (known) return known[0]
  return /^\s*(?:<\?xml[^>]*\?>\s*)?(?:<!--[\s\S]*?-->\s*|<!DOCTYPE[^>]*>\s*)*<svg[\s>]/.test(head)
    ? 'image/svg+xml'
    : undefined
}
