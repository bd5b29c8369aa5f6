/** What the discriminator view draws. Arithmetic only. */

import { type Line, lineOf, type Panel } from '../../../src/views/lines.js'
import type { NumbersTable } from '../../../src/views/numbers.js'
import type { Run } from '../../../src/views/schema.js'
import { type ScoreHistory, sharesOf } from '../../../src/views/scoreHistory.js'
import { trans } from '../../../src/views/words.js'

/** Indices into the palette: as in every other view. */
export const realColour = 2
export const fakeColour = 3

/** The distribution of scores over some iterations. */
export interface Ridge {
  /** The first of them. */
  readonly iteration: number
  readonly until: number
  /** Smoothed shares, one a bin. */
  readonly real: readonly number[]
  readonly fake: readonly number[]
  readonly meanReal: number | null
  readonly meanFake: number | null
}

const mostRidges = 12

/** Distributions from first to last, at most twelve; neighbouring columns are put together. */
export function ridgesOf(history: ScoreHistory): Ridge[] {
  const [real, fake] = [sharesOf(history, 'real'), sharesOf(history, 'fake')]
  const { iteration } = history
  const count = Math.min(mostRidges, iteration.length)
  return Array.from({ length: count }, (_, r) => {
    const from = Math.round((r * iteration.length) / count)
    const to = Math.round(((r + 1) * iteration.length) / count)
    const meanOf = (columns: readonly (number | null)[]) => mean(columns.slice(from, to))
    return {
      iteration: iteration[from]!,
      until: to < iteration.length ? iteration[to]! - 1 : history.until,
      real: smoothed(averaged(real.slice(from, to))),
      fake: smoothed(averaged(fake.slice(from, to))),
      meanReal: meanOf(history.meanReal),
      meanFake: meanOf(history.meanFake),
    }
  })
}

/** The scores in the middle of each bin. */
export function binCentres({ least, greatest, bins }: ScoreHistory): number[] {
  return Array.from({ length: bins }, (_, b) => least + ((b + 0.5) * (greatest - least)) / bins)
}

/** Which of two classes prevails in each cell, from −1 (generated) to 1 (real): [bins][columns]. */
export function balanceOf(history: ScoreHistory): number[][] {
  const [real, fake] = [sharesOf(history, 'real'), sharesOf(history, 'fake')].map(columns => columns.map(smoothed))
  const most = Math.max(1e-9, ...real!.flat(), ...fake!.flat())
  return Array.from({ length: history.bins }, (_, b) => real!.map((column, c) => (column[b]! - fake![c]![b]!) / most))
}

/** How well it tells them apart. */
export function accuracyPanel({ iteration, accuracy, apart }: ScoreHistory): Panel {
  const lines = [
    lineOf(trans.__('right side of 0'), 0, iteration, accuracy),
    lineOf(trans.__('pairs in order'), 4, iteration, apart),
  ]
  return { title: trans.__('Told apart (0.5 is a guess)'), scale: 'linear', lines, keys: keysOf(lines) }
}

/** Each loss on a scale of its own: they differ in size. */
export function lossPanels({ iteration, losses }: Run): Panel[] {
  const own = [
    {
      title: trans.__('Discriminator loss'),
      lines: linesOf(trans.__('discriminator'), 1, iteration, losses.discriminator),
    },
    { title: trans.__('Generator loss'), lines: linesOf(trans.__('adversarial'), 0, iteration, losses.adversarial) },
  ]
  return own.flatMap(panel => (panel.lines.length > 0 ? [{ ...panel, scale: 'linear' as const, keys: [] }] : []))
}

const mostLayers = 8

/** Mean scores by block of the feature network, a panel each. */
export function layerPanels({ iteration, layerScores = {} }: Run): Panel[] {
  const blocks = [...new Set(Object.keys(layerScores).map(name => name.replace(/ (real|fake)$/, '')))]
  return blocks.slice(0, mostLayers).map(block => {
    const lines = [
      ...linesOf(trans.__('real'), realColour, iteration, layerScores[`${block} real`]),
      ...linesOf(trans.__('generated'), fakeColour, iteration, layerScores[`${block} fake`]),
    ]
    return { title: trans.__('Block %1', block), scale: 'linear', lines, keys: [] }
  })
}

/** One range for all of them, so that layers can be compared. */
export function sharedRange(panels: readonly Panel[]): [number, number] | undefined {
  const all = panels.flatMap(({ lines }) => lines.flatMap(({ y }) => y.filter(value => value !== null)))
  if (all.length === 0) return undefined
  const [low, high] = [all.reduce((a, b) => Math.min(a, b)), all.reduce((a, b) => Math.max(a, b))]
  const room = (high - low || 1) * 0.06
  return [low - room, high + room]
}

export function discriminatorTable({ scoreHistory }: Run): NumbersTable {
  const head = [
    trans.__('from iteration'),
    trans.__('mean real'),
    trans.__('mean generated'),
    trans.__('right side of 0'),
    trans.__('pairs in order'),
  ]
  if (!scoreHistory) return { head, body: [] }
  const { iteration, meanReal, meanFake, accuracy, apart } = scoreHistory
  return { head, body: iteration.map((at, i) => [at, meanReal[i], meanFake[i], accuracy[i], apart[i]]) }
}

/** Which of the moments is nearest to an iteration. */
export function nearest(moments: readonly { readonly iteration: number }[], iteration: number): number {
  const distance = (i: number) => Math.abs(moments[i]!.iteration - iteration)
  return moments.reduce((best, _, i) => (distance(i) < distance(best) ? i : best), 0)
}

function linesOf(
  name: string,
  colour: number,
  x: readonly number[],
  y: readonly (number | null)[] | undefined,
): Line[] {
  return y?.some(value => value !== null) ? [lineOf(name, colour, x, y)] : []
}

function keysOf(lines: readonly Line[]): Panel['keys'] {
  return lines.map(({ name, colour, dashed }) => ({ name, colour, dashed }))
}

function averaged(columns: readonly (readonly number[])[]): number[] {
  return columns[0]!.map((_, b) => columns.reduce((sum, column) => sum + column[b]!, 0) / columns.length)
}

/** A batch has few images: its histogram is spread over neighbouring bins, (1 2 3 2 1)/9. */
function smoothed(column: readonly number[]): number[] {
  const kernel = [1, 2, 3, 2, 1]
  return column.map((_, b) => kernel.reduce((sum, weight, k) => sum + (weight / 9) * (column[b + k - 2] ?? 0), 0))
}

function mean(values: readonly (number | null)[]): number | null {
  const there = values.filter(value => value !== null)
  return there.length === 0 ? null : there.reduce((sum, value) => sum + value, 0) / there.length
}
