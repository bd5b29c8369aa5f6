// The two 16-bit floating-point formats of model files, to and from float32. Node has no typed array for either.

const bits = new Uint32Array(1)
const float = new Float32Array(bits.buffer)

/** IEEE half precision → float32: exact. */
export function halfToFloat(half: Uint16Array): Float32Array {
  const out = new Float32Array(half.length)
  for (let i = 0; i < half.length; i++) out[i] = halfTable()[half[i]!]!
  return out
}

/** bfloat16 → float32: exact (bfloat16 is the upper half of a float32). */
export function bfloatToFloat(bfloat: Uint16Array): Float32Array {
  const out = new Uint32Array(bfloat.length)
  for (let i = 0; i < bfloat.length; i++) out[i] = bfloat[i]! << 16
  return new Float32Array(out.buffer)
}

/** float32 → IEEE half precision, to nearest, ties to even; beyond 65504 becomes infinity, as torch's `.half()` does. */
export function floatToHalf(values: ArrayLike<number>): Uint16Array {
  const out = new Uint16Array(values.length)
  for (let i = 0; i < values.length; i++) {
    float[0] = values[i]!
    const word = bits[0]!
    const sign = (word >>> 16) & 0x8000
    const magnitude = word & 0x7fffffff
    if (magnitude > 0x7f800000) out[i] = sign | 0x7e00
    else if (magnitude >= 0x47800000) out[i] = sign | 0x7c00
    else if (magnitude >= 0x38800000) out[i] = sign | roundToEven(magnitude - 0x38000000, 13)
    else if (magnitude < 0x33000000) out[i] = sign
    // Below 2^-14 halves are subnormal: the significand, its leading one included, shifted to units of 2^-24.
    else out[i] = sign | roundToEven((magnitude & 0x7fffff) | 0x800000, 126 - (magnitude >>> 23))
  }
  return out
}

/** float32 → bfloat16, to nearest, ties to even. */
export function floatToBfloat(values: ArrayLike<number>): Uint16Array {
  const out = new Uint16Array(values.length)
  for (let i = 0; i < values.length; i++) {
    float[0] = values[i]!
    const word = bits[0]!
    const magnitude = word & 0x7fffffff
    out[i] = magnitude > 0x7f800000 ? (word >>> 16) | 0x40 : ((word >>> 16) & 0x8000) | roundToEven(magnitude, 16)
  }
  return out
}

function roundToEven(value: number, shift: number): number {
  const half = 2 ** (shift - 1)
  const kept = value >>> shift
  const rest = value & (2 * half - 1)
  return kept + (rest > half || (rest === half && (kept & 1) === 1) ? 1 : 0)
}

let table: Float32Array | undefined

function halfTable(): Float32Array {
  if (table) return table
  table = new Float32Array(65536)
  for (let half = 0; half < 65536; half++) {
    const exponent = (half >>> 10) & 31
    const fraction = half & 1023
    const magnitude =
      exponent === 31
        ? fraction
          ? NaN
          : Infinity
        : exponent
          ? (1024 + fraction) * 2 ** (exponent - 25)
          : fraction * 2 ** -24
    table[half] = half & 0x8000 ? -magnitude : magnitude
  }
  return table
}
