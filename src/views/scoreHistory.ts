/** How the discriminator's scores of real and generated images are distributed over the iterations. */

import * as z from 'zod'
import { list, mostPoints, value, values } from './fields.js'
import { compact } from './format.js'
import { groupsOf, pack, packed, unpack } from './packed.js'

const mostColumns = 60
const bins = 48

/** The scores of one iteration's images, real and generated. */
export interface ScoredMoment {
  readonly iteration: number
  readonly real: readonly number[]
  readonly fake: readonly number[]
}

export const scoreHistory = z
  .object({
    /** The first iteration of each column, and the last of the last. */
    iteration: list(z.number(), mostPoints),
    until: z.number(),
    /** The scores' range, which the bins share equally. */
    least: z.number(),
    greatest: z.number(),
    bins: z.int().min(2).max(256),
    /** [columns][bins]: the share of a column's images, 255 being `most`. */
    real: packed,
    fake: packed,
    most: z.number(),
    meanReal: values,
    meanFake: values,
    /** Share of images on their own side of 0, which is the hinge loss's border. */
    accuracy: values,
    /** Share of pairs in which the real image scores higher: 0.5 is a guess, wherever the border is. */
    apart: list(value, mostPoints),
  })
  .refine(
    ({ iteration, ...columns }) =>
      [columns.meanReal, columns.meanFake, columns.accuracy, columns.apart].every(
        column => column.length === iteration.length,
      ),
    { error: 'meanReal, meanFake, accuracy and apart must be as long as iteration' },
  )
  .refine(
    ({ iteration, bins, real, fake }) => {
      const length = Math.ceil((iteration.length * bins) / 3) * 4
      return real.length === length && fake.length === length
    },
    { error: 'real and fake must hold a byte for each column and bin' },
  )

export type ScoreHistory = z.infer<typeof scoreHistory>

/** @returns undefined where no image was scored */
export function scoreHistoryOf(moments: readonly ScoredMoment[]): ScoreHistory | undefined {
  const scored = moments.filter(({ real, fake }) => real.length > 0 && fake.length > 0)
  if (scored.length === 0) return undefined
  let [least, greatest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const { real, fake } of scored) {
    for (const score of [...real, ...fake]) {
      if (score < least) least = score
      if (score > greatest) greatest = score
    }
  }
  if (!Number.isFinite(least) || !Number.isFinite(greatest)) return undefined
  if (greatest - least < 1e-6) [least, greatest] = [least - 0.5, greatest + 0.5]
  const bounds = groupsOf(scored.length, mostColumns)
  const groups = bounds.slice(0, -1).map((from, c) => scored.slice(from, bounds[c + 1]))
  const shares = (pick: (moment: ScoredMoment) => readonly number[]) =>
    groups.map(group => {
      const all = group.flatMap(pick)
      const share = new Float64Array(bins)
      for (const score of all) share[binOf(score, least, greatest)]! += 1 / all.length
      return share
    })
  const [real, fake] = [shares(moment => moment.real), shares(moment => moment.fake)]
  const most = Math.max(...[...real, ...fake].map(share => Math.max(...share)))
  const codes = (columns: readonly Float64Array[]) =>
    pack(Uint8Array.from(columns.flatMap(column => [...column].map(share => Math.round((255 * share) / most)))))
  const meanOver = (measure: (moment: ScoredMoment) => number) => groups.map(group => compact(mean(group.map(measure))))
  return {
    iteration: groups.map(group => group[0]!.iteration),
    until: scored[scored.length - 1]!.iteration,
    least,
    greatest,
    bins,
    real: codes(real),
    fake: codes(fake),
    most: compact(most)!,
    meanReal: meanOver(moment => mean(moment.real)),
    meanFake: meanOver(moment => mean(moment.fake)),
    accuracy: meanOver(accuracyOf),
    apart: meanOver(apartOf),
  }
}

/** The shares again: for each column, for each bin. */
export function sharesOf(history: ScoreHistory, which: 'real' | 'fake'): number[][] {
  const codes = unpack(history[which])
  return history.iteration.map((_, c) =>
    Array.from({ length: history.bins }, (_, b) => ((codes[c * history.bins + b] ?? 0) / 255) * history.most),
  )
}

function binOf(score: number, least: number, greatest: number): number {
  return Math.min(bins - 1, Math.floor((bins * (score - least)) / (greatest - least)))
}

function accuracyOf({ real, fake }: ScoredMoment): number {
  const right = real.filter(score => score > 0).length + fake.filter(score => score < 0).length
  return right / (real.length + fake.length)
}

function apartOf({ real, fake }: ScoredMoment): number {
  let won = 0
  for (const a of real) for (const b of fake) won += a > b ? 1 : a === b ? 0.5 : 0
  return won / (real.length * fake.length)
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
