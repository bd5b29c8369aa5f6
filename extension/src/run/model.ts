/** What the run view says in words and numbers. */

import type { NumbersTable } from '../../../src/views/numbers.js'
import type { Run, RunView } from '../../../src/views/schema.js'
import { progressText } from '../../../src/views/text.js'
import { trans } from '../../../src/views/words.js'

/** How far a run is, from 0 to 1. */
export function progressShare({ progress }: Run): number {
  if (!progress || progress.total <= 0) return 0
  return Math.min(1, Math.max(0, progress.iteration / progress.total))
}

/** After this many iterations' time, and at least a minute, without news a run is no longer called running. */
const patience = 10
const leastPatience = 60_000

/**
 * Where the run is. A notebook that is opened again may hold a run that was never seen to end: then the time of the last
 * news stands in place of a time left.
 * @param now milliseconds since 1970
 */
export function progressWords(run: Run, now: number): string {
  const { progress, status } = run
  const then = progress ? Date.parse(progress.time) : Number.NaN
  if (status !== 'running' || run.paused || !progress || Number.isNaN(then)) return progressText(run)
  const waited = now - then
  if (waited < Math.max(leastPatience, patience * 1000 * (progress.secondsPerIteration ?? 0))) return progressText(run)
  const when = new Date(then).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' })
  return trans.__('iteration %1 of %2 · no news since %3', progress.iteration, progress.total, when)
}

/** All series of all runs as a table. */
export function runTable({ runs }: RunView): NumbersTable {
  const columnsOf = (run: Run) => [
    ...Object.entries(run.losses).map(([name, column]) => [trans.__('loss: %1', name), column] as const),
    ...Object.entries(run.scores).map(([name, column]) => [trans.__('score: %1', name), column] as const),
    ...Object.entries(run.gradientNorms).map(
      ([name, column]) => [trans.__('gradient norm: %1', name), column] as const,
    ),
    ...Object.entries(run.learningRates).map(
      ([name, column]) => [trans.__('learning rate: %1', name), column] as const,
    ),
  ]
  const names = [...new Set(runs.flatMap(run => columnsOf(run).map(([name]) => name)))]
  const body = runs.flatMap(run => {
    const columns = new Map(columnsOf(run))
    return run.iteration.map((iteration, i) => [run.label, iteration, ...names.map(name => columns.get(name)?.[i])])
  })
  return { head: [trans.__('run'), trans.__('iteration'), ...names], body }
}
