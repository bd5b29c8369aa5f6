/**
 * The colours of lines, chosen to stay apart for colour-blind readers and on paper. The extension's style sheet has the
 * same six for light themes and a lighter set for dark ones.
 */
export const palette = ['#2f6bd8', '#d1541c', '#0c8577', '#8a4bc4', '#a86a00', '#64748b'] as const

/** Names that keep their colour in every drawing: an index into the palette. */
const fixed: Readonly<Record<string, number>> = {
  adt: 0,
  drtune: 1,
  adversarial: 0,
  generator: 0,
  discriminator: 1,
  diffusion: 2,
  real: 2,
  fake: 3,
}

/** Which of the palette's colours each name has: its own where it has one, else the next that is free. */
export function colourIndices(names: readonly string[]): number[] {
  const taken = new Set(names.map(name => fixed[name]))
  const free = palette.map((_, i) => i).filter(i => !taken.has(i))
  let next = 0
  return names.map(name => fixed[name] ?? free[next++ % Math.max(1, free.length)] ?? 0)
}
