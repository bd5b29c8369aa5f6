// MurmurHash2 (Austin Appleby, public domain) of 32 bits: JupyterLab finds a cell's breakpoints by the hash of its text.

const MULTIPLIER = 0x5bd1e995

/** @returns the hash of the text's UTF-8 bytes, an unsigned number of 32 bits */
export function murmur2(text: string, seed: number): number {
  const bytes = Buffer.from(text)
  const whole = bytes.length - (bytes.length % 4)
  let hash = seed ^ bytes.length
  for (let at = 0; at < whole; at += 4) {
    let word = Math.imul(bytes.readInt32LE(at), MULTIPLIER)
    word = Math.imul(word ^ (word >>> 24), MULTIPLIER)
    hash = Math.imul(hash, MULTIPLIER) ^ word
  }
  if (whole < bytes.length) {
    hash = Math.imul(hash ^ bytes.readUIntLE(whole, bytes.length - whole), MULTIPLIER)
  }
  hash = Math.imul(hash ^ (hash >>> 13), MULTIPLIER)
  return (hash ^ (hash >>> 15)) >>> 0
}
