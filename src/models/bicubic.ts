/**
 * Bicubic resampling of one axis as a matrix [outputs, inputs], as torch's `interpolate(mode='bicubic')` does it:
 * a = −0.75, pixel centres (`align_corners=False`), borders repeated, no antialiasing (Keys 1981).
 */
export function bicubicMatrix(inputs: number, outputs: number): Float32Array {
  const matrix = new Float32Array(outputs * inputs)
  for (let row = 0; row < outputs; row++) {
    const position = ((row + 0.5) * inputs) / outputs - 0.5
    const base = Math.floor(position)
    for (let tap = -1; tap <= 2; tap++) {
      const column = Math.min(Math.max(base + tap, 0), inputs - 1)
      matrix[row * inputs + column]! += keys(Math.abs(position - base - tap))
    }
  }
  return matrix
}

/** Keys' kernel at a distance from the sample. */
function keys(distance: number): number {
  const a = -0.75
  if (distance <= 1) return ((a + 2) * distance - (a + 3)) * distance * distance + 1
  if (distance < 2) return ((a * distance - 5 * a) * distance + 8 * a) * distance - 4 * a
  return 0
}
