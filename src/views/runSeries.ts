/** What is known of a run, made small enough for a payload and a drawing. */

import { compact } from './format.js'
import type { RunData } from './runData.js'
import type { Run } from './schema.js'
import { scoreHistoryOf } from './scoreHistory.js'
import { stepNormsOf } from './stepNorms.js'
import { thin } from './thin.js'

const mostPoints = 500
/** Of a payload: sets of samples, judged moments, notes, changes. */
export const [mostRows, mostShown, mostNotes, mostChanges] = [8, 8, 8, 64]
/** The time of an iteration is the mean of this many last ones. */
const window = 20

/** @param total iterations in all; undefined: nothing is known of them yet */
export function progressOf(
  { iterations, columns }: RunData,
  total: number | null | undefined,
  status: Run['status'],
  time: Date,
): { progress?: NonNullable<Run['progress']> } {
  const iteration = iterations.at(-1)
  if (iteration === undefined || total === undefined || total === null) return {}
  const recent = (columns.get('seconds') ?? []).slice(-window).filter(seconds => !Number.isNaN(seconds))
  const seconds = recent.reduce((sum, value) => sum + value, 0) / recent.length
  return {
    progress: {
      iteration,
      total,
      secondsPerIteration: compact(seconds),
      eta: status === 'running' ? compact(seconds * Math.max(0, total - iteration)) : null,
      time: time.toISOString(),
    },
  }
}

/** The columns, thinned together so that no spike of a loss, a score or a norm is lost. */
export function seriesOf({ iterations, columns }: RunData) {
  const group = (name: string) => [...columns].filter(([column]) => column.startsWith(`${name}.`))
  const spiky = ['losses', 'scores', 'gradientNorms'].flatMap(name => group(name).map(([, column]) => column))
  const kept = thin(spiky, iterations.length, mostPoints)
  const keep = (column: readonly number[]) => kept.map(i => compact(column[i]))
  const named = (name: string): Run['losses'] =>
    Object.fromEntries(group(name).map(([column, values]) => [column.slice(name.length + 1), keep(values)]))
  const [layerScores, memory] = [named('layerScores'), named('memory')]
  return {
    iteration: kept.map(i => iterations[i]!),
    losses: named('losses'),
    scores: named('scores'),
    gradientNorms: named('gradientNorms'),
    learningRates: named('learningRates'),
    seconds: keep(columns.get('seconds') ?? []),
    ...(Object.keys(layerScores).length > 0 ? { layerScores } : {}),
    ...(Object.keys(memory).length > 0 ? { memory } : {}),
  }
}

/** The tables over steps and scores. */
export function measuredOf({ gradients, scores }: RunData): Pick<Run, 'stepNorms' | 'scoreHistory'> {
  const norms = stepNormsOf(gradients)
  const history = scoreHistoryOf(scores)
  return { ...(norms ? { stepNorms: norms } : {}), ...(history ? { scoreHistory: history } : {}) }
}

/** At most `most` entries, evenly spread, the first and the last among them. */
export function spread<T>(entries: readonly T[], most: number): T[] {
  if (entries.length <= most) return [...entries]
  return Array.from({ length: most }, (_, i) => entries[Math.round((i * (entries.length - 1)) / (most - 1))]!)
}
