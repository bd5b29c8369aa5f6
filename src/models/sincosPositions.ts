/**
 * Sines and cosines of the places of a square (MAE, He et al. 2022; diffusers' `get_2d_sincos_pos_embed`): half of the
 * channels for the column, half for the row.
 *
 * @param side places a side
 * @param channels a multiple of 4
 * @param base places a side that the model is trained on: those of a larger square lie closer together
 * @returns [side², channels], row by row
 */
export function sincosPositions(side: number, channels: number, base: number): Float32Array {
  const quarter = channels / 4
  const positions = new Float32Array(side * side * channels)
  const place = (i: number) => (i * base) / side
  for (let y = 0, at = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      for (const position of [place(x), place(y)]) {
        for (const wave of [Math.sin, Math.cos]) {
          for (let k = 0; k < quarter; k++) positions[at++] = wave(position / 10000 ** (k / quarter))
        }
      }
    }
  }
  return positions
}
