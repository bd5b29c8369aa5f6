/**
 * The notebook kernel beside tslab, Deno's and ipykernel: its start, cells, completion, a large picture.
 *
 * One client speaks ZeroMQ to all of them. A round starts each kernel afresh, then asks those that stay for the rest; who
 * begins takes turns. The figure of a round is the median of what was asked several times.
 */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { encode } from 'fast-png'
import { type Client, startClient } from './kernels/client.js'
import { type Contestant, ours, peers } from './kernels/contestants.js'
import { machine, othersShare } from './machine.js'
import { type BenchOptions, median, type Row, type Section } from './rows.js'

/** A measurement of one kernel in one round: figures by name, in milliseconds. */
type Measure = (client: Client, contestant: Contestant, next: () => number) => Promise<Record<string, number>>

interface Part {
  heading: string
  measure: Measure
  /** Figures that only our kernel has. */
  ownOnly?: Measure
}

const parts: Record<string, Part> = {
  start: {
    heading: 'From the start of the process, ours with the library preloaded, to the first reply',
    measure: (_, contestant) =>
      fresh(contestant, undefined, ({ kernelInfo, reply }) => ({ kernel_info: kernelInfo, '1+1': reply })),
    ownOnly: (_, contestant) => fresh(contestant, 'tf.scalar(1).dtype', ({ reply }) => ({ 'a cell with tf': reply })),
  },
  cells: {
    heading: 'A cell, from the request to its reply',
    async measure(client, { cells }, next) {
      return {
        '1+1': await often(50, async () => (await client.execute('1+1')).took),
        'a sum, new text': await often(50, async () => (await client.execute(`1+${next()}`)).took),
        'two lines that declare, new text': await often(
          25,
          async () => (await client.execute(cells.declare(next()))).took,
        ),
      }
    },
  },
  completion: {
    heading: 'Completion after a line that is new each time',
    async measure(client, { cells }, next) {
      return { 'members of Math': await often(20, () => complete(client, cells.complete(next()), 'hypot')) }
    },
    async ownOnly(client, _, next) {
      return { 'members of adt': await often(20, () => complete(client, `const c = ${next()}\nadt.`, 'ddim', true)) }
    },
  },
  picture: {
    heading: 'A PNG of 4 MB, from the request to the arrival of its display',
    async measure(client, { cells }) {
      return { shown: await often(5, () => client.show(cells.show)) }
    },
  },
}

/** How often a peer may fail at the same measurement. */
const TRIES = 3

export async function* kernel({ rounds, only, progress }: BenchOptions): AsyncGenerator<Section> {
  const asked = only ?? Object.keys(parts)
  const unknown = asked.find(part => !(part in parts))
  if (unknown) throw new Error(`kernel has no part ${unknown}. There are: ${Object.keys(parts).join(', ')}.`)
  const contestants = [ours(), ...peers(progress)]
  const folder = mkdtempSync(join(tmpdir(), 'adt-bench-'))
  const clients: Client[] = []
  try {
    const png = join(folder, 'noise.png')
    writeFileSync(png, fourMegabytes())
    const start = async (index: number): Promise<void> => {
      const { name, version, command, cells } = contestants[index]!
      progress(`starting ${name} ${version}`)
      clients[index] = await startClient(command)
      await clients[index].execute(cells.prepare(png))
    }
    /** Again, with a fresh process, where a peer has fallen silent, as tslab does after some hundred cells. */
    const persist = async <T>(index: number, act: () => Promise<T>): Promise<T> => {
      for (let tries = 1; ; tries++) {
        try {
          return await act()
        } catch (error) {
          if (index === 0 || tries === TRIES) throw error
          progress(`${contestants[index]!.name}: ${(error as Error).message}; once more`)
          await clients[index]?.stop()
          await start(index)
        }
      }
    }
    for (const index of contestants.keys()) await persist(index, () => start(index))
    const busy = await othersShare(progress)
    let count = 0
    const next = () => ++count
    for (const part of asked) {
      const { heading, measure, ownOnly } = parts[part]!
      const figures = contestants.map(() => [] as Record<string, number>[])
      for (let round = 0; round <= rounds; round++) {
        progress(`${part}: ${round === 0 ? 'warming up' : `round ${round} of ${rounds}`}`)
        const order = contestants.map((_, index) => index)
        if (round % 2 === 0) order.reverse()
        for (const index of order) {
          const contestant = contestants[index]!
          const measured = {
            ...(await persist(index, () => measure(clients[index]!, contestant, next))),
            ...(index === 0 && ownOnly ? await ownOnly(clients[0]!, contestant, next) : {}),
          }
          if (round > 0) figures[index]!.push(measured)
        }
      }
      yield {
        machine: { ...machine(), busy, load: loadavg()[0]!.toFixed(1), ...versions(contestants) },
        heading,
        rows: rowsOf(part, contestants, figures),
      }
    }
  } finally {
    await Promise.all(clients.map(client => client.stop()))
    rmSync(folder, { recursive: true })
  }
}

function versions([own, ...others]: Contestant[]) {
  return {
    ours: { kernel: own!.version },
    peer: Object.fromEntries(others.map(({ name, version }) => [name, version])),
  }
}

/** A row for each figure and peer; without a peer, where only ours has the figure. */
function rowsOf(part: string, contestants: Contestant[], figures: Record<string, number>[][]): Row[] {
  const [own, ...others] = figures
  return Object.keys(own![0]!).flatMap((figure): Row[] => {
    const of = (rounds: Record<string, number>[]) => rounds.map(round => round[figure]!)
    const row = { bench: 'kernel', setting: { part, figure }, rounds: of(own!), unit: 'ms' }
    const peers = others.flatMap((rounds, index) =>
      figure in rounds[0]! ? [{ name: contestants[index + 1]!.name, rounds: of(rounds) }] : [],
    )
    return peers.length > 0 ? peers.map(peer => ({ ...row, peer })) : [{ ...row, peer: null }]
  })
}

async function fresh(
  { command }: Contestant,
  firstCell: string | undefined,
  figures: (started: Client['started']) => Record<string, number>,
): Promise<Record<string, number>> {
  const client = await startClient(command, firstCell)
  await client.stop()
  return figures(client.started)
}

async function often(times: number, measure: () => Promise<number>): Promise<number> {
  const took: number[] = []
  while (took.length < times) took.push(await measure())
  return median(took)
}

/**
 * @param expected a name that must be among the matches
 * @param typed whether each match must say its type
 * @throws Error when the kernel does not know the names
 */
async function complete(client: Client, code: string, expected: string, typed = false): Promise<number> {
  const { content, took } = await client.request('complete_request', { code, cursor_pos: code.length })
  const { matches, metadata } = content as { matches: string[]; metadata: Record<string, { type?: string }[]> }
  if (!matches.some(match => match.endsWith(expected))) throw new Error(`"${code}" is not completed with ${expected}`)
  const types = metadata._jupyter_types_experimental ?? []
  if (typed && !(types.length === matches.length && types.every(({ type }) => type))) {
    throw new Error(`"${code}" is completed without types`)
  }
  return took
}

/** Noise, which PNG cannot make smaller. */
function fourMegabytes(): Uint8Array {
  const [width, height] = [1200, 1165]
  let state = 1
  const data = Uint8Array.from({ length: 3 * width * height }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state >>> 24
  })
  return encode({ width, height, data, channels: 3 })
}
