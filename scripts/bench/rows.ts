/** What a bench gives: a row for each setting with what every round measured, and how rows are printed. */

import { cpus } from 'node:os'

export interface Row {
  bench: string
  /** What was varied, and which figure it is where a bench has several. */
  setting: Record<string, string | number>
  /** One measurement for each round. */
  rounds: number[]
  unit: string
}

/** Rows with the same heading are compared with each other. */
export interface Section {
  heading: string
  rows: Row[]
}

export interface BenchOptions {
  rounds: number
  /** Told before each measurement what it is. */
  progress: (what: string) => void
}

export type Bench = (options: BenchOptions) => Promise<Section[]>

/**
 * Measures every setting once a round, so that a machine that gets slower or busier does so for all of them.
 * @returns for each setting what its rounds gave
 */
export async function interleaved<S, M>(
  settings: readonly S[],
  { rounds, progress }: BenchOptions,
  measure: (setting: S) => Promise<M>,
): Promise<M[][]> {
  const measured = settings.map((): M[] => [])
  for (let round = 1; round <= rounds; round++) {
    for (const [i, setting] of settings.entries()) {
      progress(`round ${round} of ${rounds}: ${JSON.stringify(setting)}`)
      measured[i]!.push(await measure(setting))
    }
  }
  return measured
}

/** The middle value; of an even number of values, the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = (sorted.length - 1) / 2
  return (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle)]!) / 2
}

/** Where the figures come from. */
export function machine(): string {
  const cores = cpus()
  return `${cores.length} × ${cores[0]?.model ?? 'unknown processor'}, ${process.platform}, Node ${process.versions.node}`
}

/** A row as one JSON object on a line: its setting, the median as `ours`, smallest and largest round. */
export function jsonLine({ bench, setting, rounds, unit }: Row): string {
  const spread = [Math.min(...rounds), Math.max(...rounds)]
  return JSON.stringify({ bench, ...setting, ours: median(rounds), spread, rounds: rounds.length, unit })
}

/** A section for reading: medians with their spread, and each one's ratio to the smallest of the section. */
export function table({ heading, rows }: Section): string {
  const smallest = Math.min(...rows.map(({ rounds }) => median(rounds)))
  const names = Object.keys(rows[0]!.setting)
  const cells = [
    [...names, `median, ${rows[0]!.unit}`, 'smallest – largest', 'ratio'],
    ...rows.map(({ setting, rounds }) => [
      ...names.map(name => String(setting[name])),
      median(rounds).toFixed(1),
      `${Math.min(...rounds).toFixed(1)} – ${Math.max(...rounds).toFixed(1)}`,
      (median(rounds) / smallest).toFixed(3),
    ]),
  ]
  const widths = cells[0]!.map((_, column) => Math.max(...cells.map(line => line[column]!.length)))
  const lines = cells.map(line => line.map((cell, column) => cell.padStart(widths[column]!)).join('  '))
  return [heading, ...lines].join('\n')
}
