/** Tables of small numbers as text: a byte a cell in base64, which takes a tenth of the digits. */

import * as z from 'zod'

const longest = 400_000

/** Bytes as base64. */
export const packed = z
  .string()
  .max(longest)
  .regex(/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/, 'must be base64')

export function pack(bytes: Uint8Array): string {
  const pieces: string[] = []
  for (let from = 0; from < bytes.length; from += 8192) {
    pieces.push(String.fromCharCode(...bytes.subarray(from, from + 8192)))
  }
  return btoa(pieces.join(''))
}

export function unpack(text: string): Uint8Array {
  return Uint8Array.from(atob(text), character => character.charCodeAt(0))
}

/** Neighbouring entries in at most `most` groups of about equal size: where each begins, and where the last ends. */
export function groupsOf(count: number, most: number): number[] {
  const groups = Math.min(count, most)
  return Array.from({ length: groups + 1 }, (_, i) => Math.round((i * count) / groups))
}
