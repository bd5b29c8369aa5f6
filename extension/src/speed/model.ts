/** The figures and lines of the view of memory and speed. Arithmetic only. */

import { bytes, duration } from '../../../src/views/format.js'
import { type Line, type Panel, runColours, smoothed } from '../../../src/views/lines.js'
import type { NumbersTable } from '../../../src/views/numbers.js'
import type { Run } from '../../../src/views/schema.js'

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
    const left = status === 'running' ? { name: 'time left', value: duration(eta) } : { name: 'state', value: status }
    figures.push({ ...left, note: `iteration ${iteration} of ${total}` })
    const typical = times.length > 0 ? `median ${duration(median(times))}` : undefined
    figures.push({ name: 'an iteration', value: duration(secondsPerIteration), ...(typical ? { note: typical } : {}) })
  }
  const [device, peak, whole] = ['used', 'peak', 'process'].map(name => lastOf(memory[name]))
  if (device !== undefined) {
    figures.push({
      name: 'on the device',
      value: bytes(device),
      ...(peak === undefined ? {} : { note: `at most ${bytes(peak)}` }),
    })
  }
  if (whole !== undefined) figures.push({ name: 'whole process', value: bytes(whole) })
  return figures
}

const fewPoints = 40

/** Seconds and bytes over iterations. Of several runs the run has the colour and what is no tensor is dashed. */
export function speedPanels(runs: readonly Run[]): Panel[] {
  const colours = runs.length > 1 ? runColours(runs) : undefined
  const nameOf = (run: Run, what: string) => (colours ? `${run.label}: ${what}` : what)
  const times = runs.flatMap((run, r) => {
    const made = lineOf(nameOf(run, 'an iteration'), colours?.[r] ?? 0, false, run.iteration, run.seconds)
    return made ? [made] : []
  })
  const kinds = [
    ['used', 'on the device', 0, false],
    ['peak', 'at most so far', 1, true],
    ['process', 'whole process', 5, false],
  ] as const
  const taken = runs.flatMap((run, r) =>
    kinds.flatMap(([key, what, colour, dashed]) => {
      if (colours && key === 'peak') return []
      const gigabytes = run.memory?.[key]?.map(value => (value === null ? null : value / 1e9))
      const made = lineOf(
        nameOf(run, what),
        colours?.[r] ?? colour,
        colours ? key === 'process' : dashed,
        run.iteration,
        gigabytes,
      )
      return made ? [made] : []
    }),
  )
  return [
    {
      title: 'Seconds an iteration',
      scale: 'linear',
      lines: times.map(withMean),
      keys: runs.length > 1 ? keysOf(times) : [],
    },
    { title: 'Memory (GB)', scale: 'linear', lines: taken, keys: keysOf(taken) },
  ].filter(({ lines }) => lines.length > 0) as Panel[]
}

export function speedTable(runs: readonly Run[]): NumbersTable {
  return {
    head: ['run', 'iteration', 'seconds', 'bytes on the device', 'at most so far', 'whole process'],
    body: runs.flatMap(({ label, iteration, seconds, memory = {} }) =>
      iteration.map((at, i) => [label, at, seconds?.[i], memory.used?.[i], memory.peak?.[i], memory.process?.[i]]),
    ),
  }
}

function lineOf(
  name: string,
  colour: number,
  dashed: boolean,
  x: readonly number[],
  y: readonly (number | null)[] | undefined,
): Line | undefined {
  if (!y?.some(value => value !== null)) return undefined
  const measured = y.flatMap((value, i) => (value === null ? [] : [i]))
  return { name, colour, dashed, x: measured.map(i => x[i]!), y: measured.map(i => y[i]!) }
}

function withMean(line: Line): Line {
  if (line.y.length < fewPoints) return line
  return { ...line, smooth: smoothed(line.y, Math.ceil(line.y.length / 40)) }
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
