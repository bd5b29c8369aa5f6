/** The figures and lines of the view of memory and speed. Arithmetic only. */

import { bytes, duration } from '../../../src/views/format.js'
import { type Line, lineOf, type Panel, runColours } from '../../../src/views/lines.js'
import type { NumbersTable } from '../../../src/views/numbers.js'
import type { Run } from '../../../src/views/schema.js'
import { statusWord } from '../../../src/views/text.js'
import { trans } from '../../../src/views/words.js'

export interface Figure {
  readonly name: string
  readonly value: string
  readonly note?: string
}

/** What to know of a run at a glance. */
export function figuresOf({ status, progress, seconds = [], memory = {} }: Run): Figure[] {
  const times = seconds.filter(value => value !== null)
  const figures: Figure[] = []
  if (progress) {
    const { iteration, total, eta, secondsPerIteration } = progress
    const left =
      status === 'running'
        ? { name: trans.__('time left'), value: duration(eta) }
        : { name: trans.__('state'), value: statusWord(status) }
    figures.push({ ...left, note: trans.__('iteration %1 of %2', iteration, total) })
    const typical = times.length > 0 ? trans.__('median %1', duration(median(times))) : undefined
    figures.push({
      name: trans.__('an iteration'),
      value: duration(secondsPerIteration),
      ...(typical ? { note: typical } : {}),
    })
  }
  const [device, peak, whole] = ['used', 'peak', 'process'].map(name => lastOf(memory[name]))
  if (device !== undefined) {
    figures.push({
      name: trans.__('on the device'),
      value: bytes(device),
      ...(peak === undefined ? {} : { note: trans.__('at most %1', bytes(peak)) }),
    })
  }
  if (whole !== undefined) figures.push({ name: trans.__('whole process'), value: bytes(whole) })
  return figures
}

/** Seconds and bytes over iterations. Of several runs the run has the colour and what is no tensor is dashed. */
export function speedPanels(runs: readonly Run[]): Panel[] {
  const colours = runs.length > 1 ? runColours(runs) : undefined
  const lineFor = (run: Run, what: string, colour: number, y: readonly (number | null)[] | undefined): Line[] =>
    y?.some(value => value !== null) ? [lineOf(colours ? `${run.label}: ${what}` : what, colour, run.iteration, y)] : []
  const times = runs.flatMap((run, r) => lineFor(run, trans.__('an iteration'), colours?.[r] ?? 0, run.seconds))
  const kinds = [
    ['used', trans.__('on the device'), 0, false],
    ['peak', trans.__('at most so far'), 1, true],
    ['process', trans.__('whole process'), 5, colours !== undefined],
  ] as const
  const taken = runs.flatMap((run, r) =>
    kinds
      .filter(([key]) => !(colours && key === 'peak'))
      .flatMap(([key, what, colour, dashed]) => {
        const gigabytes = run.memory?.[key]?.map(value => (value === null ? null : value / 1e9))
        return lineFor(run, what, colours?.[r] ?? colour, gigabytes).map(line => ({ ...line, dashed }))
      }),
  )
  const panels: Panel[] = [
    { title: trans.__('Seconds an iteration'), scale: 'linear', lines: times, keys: colours ? keysOf(times) : [] },
    { title: trans.__('Memory (GB)'), scale: 'linear', lines: taken, keys: keysOf(taken) },
  ]
  return panels.filter(({ lines }) => lines.length > 0)
}

export function speedTable(runs: readonly Run[]): NumbersTable {
  return {
    head: [
      trans.__('run'),
      trans.__('iteration'),
      trans.__('seconds'),
      trans.__('bytes on the device'),
      trans.__('at most so far'),
      trans.__('whole process'),
    ],
    body: runs.flatMap(({ label, iteration, seconds, memory = {} }) =>
      iteration.map((at, i) => [label, at, seconds?.[i], memory.used?.[i], memory.peak?.[i], memory.process?.[i]]),
    ),
  }
}

function keysOf(lines: readonly Line[]): Panel['keys'] {
  return lines.map(({ name, colour, dashed }) => ({ name, colour, dashed }))
}

function lastOf(column: readonly (number | null)[] | undefined): number | undefined {
  return column?.findLast(value => value !== null) ?? undefined
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return (sorted[Math.floor((sorted.length - 1) / 2)]! + sorted[Math.ceil((sorted.length - 1) / 2)]!) / 2
}
