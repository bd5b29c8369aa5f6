/** What a bench gives: a row for each setting and peer with what every round measured, and how rows are printed. */

import type { Machine } from './machine.js'

export interface Row {
  bench: string
  /** What was varied, and which figure it is where a bench has several. */
  setting: Record<string, string | number>
  /** One measurement for each round. */
  rounds: number[]
  /** Who else did the same, and what it measured; null where there is no peer. */
  peer: { name: string; rounds: number[] } | null
  unit: string
}

/** Rows with the same heading are printed together. */
export interface Section {
  machine: Machine
  heading: string
  rows: Row[]
}

export interface BenchOptions {
  rounds: number
  /** Parts of a bench to run, all where left out. */
  only?: string[]
  batch?: number[]
  precision?: Precision[]
  K?: number[]
  /** Of a full-size model: its family, how large, the rank of what is tuned, whether its blocks are computed twice. */
  model?: string
  size?: 'small' | 'full'
  lora?: number
  checkpointing?: boolean
  iterations?: number
  /** Where the comparison is with PyTorch on a network: which forms of it. */
  peers: Variant[]
  /** Told before each measurement what it is, and what cannot be done. */
  progress: (what: string) => void
}

export const precisions = ['float32', 'tf32', 'bf16'] as const
export type Precision = (typeof precisions)[number]

/** PyTorch as it comes; with images whose channels lie side by side; compiled. */
export const variants = ['eager', 'channels-last', 'compile'] as const
/** What a peer can be asked to be: one of these, or what memory is compared with (peers/unet.py's `iteration`). */
export type Variant =
  | (typeof variants)[number]
  | 'step-by-step'
  | 'kept'
  | 'kept-checkpointed'
  | 'through'
  | 'through-checkpointed'

/** A bench gives each section as soon as it is measured. */
export type Bench = (options: BenchOptions) => AsyncGenerator<Section>

/** The middle value; of an even number of values, the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = (sorted.length - 1) / 2
  return (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle)]!) / 2
}

const spread = (rounds: readonly number[]): [number, number] => [Math.min(...rounds), Math.max(...rounds)]

/** Ours to the peer's, of the medians: below 1 we are faster, or smaller. */
const ratio = ({ rounds, peer }: Row) => (peer ? median(rounds) / median(peer.rounds) : null)

/** A row as one JSON object on a line: its setting, medians, smallest and largest round, and where it was measured. */
export function jsonLine(row: Row, machine: Machine): string {
  const { bench, setting, rounds, peer, unit } = row
  return JSON.stringify({
    bench,
    ...setting,
    ours: median(rounds),
    peer: peer && median(peer.rounds),
    peerName: peer?.name ?? null,
    ratio: ratio(row),
    unit,
    spread: spread(rounds),
    peerSpread: peer && spread(peer.rounds),
    rounds: rounds.length,
    machine,
  })
}

/** A section for reading: medians with their spread, and the ratio of ours to the peer's. */
export function table({ heading, rows }: Pick<Section, 'heading' | 'rows'>): string {
  const names = Object.keys(rows[0]!.setting)
  const cells = [
    [...names, 'unit', 'ours', 'spread', 'peer', 'spread', 'ratio', 'peer is'],
    ...rows.map(row => [
      ...names.map(name => String(row.setting[name])),
      row.unit,
      ...measured(row.rounds),
      ...(row.peer ? measured(row.peer.rounds) : ['–', '–']),
      ratio(row)?.toFixed(3) ?? '–',
      row.peer?.name ?? '–',
    ]),
  ]
  const widths = cells[0]!.map((_, column) => Math.max(...cells.map(line => line[column]!.length)))
  const lines = cells.map(line => line.map((cell, column) => cell.padStart(widths[column]!)).join('  '))
  return [heading, ...lines].join('\n')
}

function measured(rounds: readonly number[]): [string, string] {
  const [least, most] = spread(rounds)
  return [digits(median(rounds)), `${digits(least)} – ${digits(most)}`]
}

/** Four digits that count. */
function digits(value: number): string {
  if (value === 0) return '0'
  return value.toFixed(Math.max(0, 3 - Math.floor(Math.log10(Math.abs(value)))))
}
