/** Two sides in the same run: each is prepared, both are checked to compute the same, then they are measured in turns. */

import { fileURLToPath } from 'node:url'
import { type Machine, machine, othersShare } from './machine.js'
import { benchPython, howToGetPeer } from './python.js'
import type { BenchOptions, Row, Variant } from './rows.js'
import { type Reply, type Request, type Side, startSide } from './side.js'

const variantNames: Record<Variant, string> = {
  eager: 'PyTorch eager',
  'channels-last': 'PyTorch eager, channels last',
  compile: 'torch.compile',
  'step-by-step': 'PyTorch, step by step as ours',
  kept: 'PyTorch, graphs of the kept steps at once',
  'kept-checkpointed': 'PyTorch, graphs at once, checkpointed',
  through: 'PyTorch, through all steps',
  'through-checkpointed': 'PyTorch, through all steps, checkpointed',
}

/** Numbers by name that both sides must agree on. */
type Check = Record<string, number | number[]>

export interface Sides {
  ours: Side
  /** Undefined when there is no PyTorch. */
  peer: Side | undefined
  /** This machine, how busy others keep it, and what the sides say of themselves: versions, threads, GPU or not. */
  machine: Machine & { gpuUsed: boolean }
  close(): Promise<void>
}

/** Starts both sides of a bench: `ours/NAME.ts` and, where there is PyTorch, `peers/NAME.py`. */
export async function startSides(name: string, { progress }: Pick<BenchOptions, 'progress'>): Promise<Sides> {
  const ours = startSide('ours', process.execPath, [...process.execArgv, inBench(`ours/${name}.ts`)], {
    TF_CPP_MIN_LOG_LEVEL: '2',
    // Both sides share one GPU: neither may take all of its memory.
    TF_FORCE_GPU_ALLOW_GROWTH: 'true',
  })
  const python = benchPython()
  if (!python) progress(howToGetPeer)
  const peer = python ? startSide('PyTorch', python, ['-u', inBench(`peers/${name}.py`)]) : undefined
  const close = async () => {
    await Promise.all([ours.close(), peer?.close()])
  }
  try {
    const about = { ours: await ours.ask({ do: 'about' }), peer: peer ? await peer.ask({ do: 'about' }) : null }
    const busy = await othersShare(progress)
    return { ours, peer, machine: { ...machine(), busy, ...about, gpuUsed: about.ours.gpu === true }, close }
  } catch (error) {
    await close()
    throw error
  }
}

const inBench = (path: string) => fileURLToPath(new URL(path, import.meta.url))

export interface Comparison {
  bench: string
  setting: Row['setting']
  /** What both sides are given with `prepare` and with `measure`. */
  request: Record<string, unknown>
  variants: readonly Variant[]
  /** Largest difference allowed, relative to the largest number of a check. */
  tolerance: number
  /** The figures of a measurement that are reported, each with its unit. */
  figures: Record<string, string>
  /** Figures that preparing gives, such as how long a first call takes. */
  once?: Record<string, string>
}

/**
 * Prepares both sides (which excludes what is done once: compiling, warming up), compares their checks and measures.
 * @returns a row for each figure and peer
 * @throws Error when the sides compute different things, or ours fails
 */
export async function compare(
  { ours, peer }: Sides,
  { bench, setting, request, variants, tolerance, figures, once = {} }: Comparison,
  { rounds, progress }: BenchOptions,
): Promise<Row[]> {
  const what = Object.entries(setting)
    .map(entry => entry.join(' '))
    .join(', ')
  progress(`${what}: preparing`)
  const contestants: Contestant[] = []
  const add = (side: Side, name: string, prepared: Reply, extra: object = {}) =>
    contestants.push({
      side,
      name,
      prepared: prepared as Figures,
      request: { do: 'measure', ...request, ...extra },
      figures: [],
    })
  const { check, ...prepared } = await ours.ask({ do: 'prepare', ...request })
  add(ours, 'ours', prepared)
  for (const variant of peer ? variants : []) {
    const name = variantNames[variant]
    try {
      const { check: theirs, ...prepared } = await peer!.ask({ do: 'prepare', ...request, variant })
      // A peer that does something else by design, and is there to compare memory with, gives no check.
      if (theirs) {
        const difference = compareChecks(check as Check, theirs as Check, tolerance, `${what}, ${name}`)
        progress(`${what}: ${name} computes the same, within ${difference.toExponential(0)} of its size`)
      }
      add(peer!, name, prepared, { variant })
    } catch (error) {
      // What PyTorch cannot do here (compiling without a compiler, fitting a batch) is left out, and said.
      if (error instanceof Disagreement) throw error
      progress(`${what}: ${name} is left out: ${(error as Error).message}`)
    }
  }
  for (let round = 1; round <= rounds; round++) {
    progress(`${what}: round ${round} of ${rounds}`)
    // Who begins takes turns, so that neither always runs on the warmer processor.
    const order = round % 2 === 1 ? contestants : [...contestants].reverse()
    for (const contestant of order) contestant.figures.push((await contestant.side.ask(contestant.request)) as Figures)
  }
  const several = Object.keys({ ...once, ...figures }).length > 1
  const rowsOf = (figure: string, unit: string, of: (contestant: Contestant) => number[]): Row[] => {
    const [own, ...others] = contestants
    const row = { bench, setting: several ? { ...setting, figure } : setting, rounds: of(own!), unit }
    if (others.length === 0) return [{ ...row, peer: null }]
    return others.map(other => ({ ...row, peer: { name: other.name, rounds: of(other) } }))
  }
  return [
    ...Object.entries(once).flatMap(([figure, unit]) => rowsOf(figure, unit, ({ prepared }) => [prepared[figure]!])),
    ...Object.entries(figures).flatMap(([figure, unit]) =>
      rowsOf(figure, unit, ({ figures }) => figures.map(round => round[figure]!)),
    ),
  ]
}

type Figures = Record<string, number>

interface Contestant {
  side: Side
  name: string
  request: Request
  prepared: Figures
  figures: Figures[]
}

export class Disagreement extends Error {}

/**
 * The first time that two sides meet: they must compute the same.
 * @returns the largest difference, relative to the largest number of its check
 * @throws Disagreement naming the number that differs
 */
export function compareChecks(ours: Check, peers: Check, tolerance: number, what: string): number {
  let largest = 0
  for (const [name, own] of Object.entries(ours)) {
    const a = [own].flat()
    const b = [peers[name] ?? []].flat()
    const scale = Math.max(...a.map(Math.abs), Number.MIN_VALUE)
    const difference = a.length === b.length ? Math.max(...a.map((value, i) => Math.abs(value - b[i]!))) / scale : NaN
    if (!(difference <= tolerance)) {
      throw new Disagreement(
        `${what}: the sides do not compute the same: ${name} differs by ${difference.toExponential(1)} of its size, ` +
          `${tolerance} is allowed (ours ${a.slice(0, 3)}…, theirs ${b.slice(0, 3)}…)`,
      )
    }
    largest = Math.max(largest, difference)
  }
  return largest
}
