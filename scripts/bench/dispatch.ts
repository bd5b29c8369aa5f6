/** What a call costs beside its arithmetic: tiny operations, eager and jitted, and a call with 700 inputs. */

import { compare, startSides } from './compare.js'
import type { BenchOptions, Section } from './rows.js'

/** What both sides know how to do, and how often they do it for one measurement. */
const parts = {
  'eager-add': { what: 'a + b of one element', calls: 5000 },
  'eager-matmul': { what: 'a·b of 64×64', calls: 5000 },
  'jit-2-inputs': { what: 'a + b of one element, jitted', calls: 5000 },
  'jit-700-inputs': { what: 'w − g/10 for 350 weights of 8 elements, jitted', calls: 100 },
}

export async function* dispatch(options: BenchOptions): AsyncGenerator<Section> {
  const sides = await startSides('dispatch', options)
  try {
    const rows = []
    for (const part of options.only ?? Object.keys(parts)) {
      if (!(part in parts))
        throw new Error(`dispatch has no part ${part}. There are: ${Object.keys(parts).join(', ')}.`)
      const { what, calls } = parts[part as keyof typeof parts]
      const compared = await compare(
        sides,
        {
          bench: 'dispatch',
          setting: { part, what },
          request: { part, calls },
          variants: options.peers.filter(
            variant => variant === 'eager' || (variant === 'compile' && part.startsWith('jit')),
          ),
          tolerance: sides.machine.gpuUsed ? 1e-2 : 1e-5,
          figures: { microseconds: 'µs' },
        },
        options,
      )
      rows.push(...compared)
    }
    yield { machine: sides.machine, heading: 'A call, microseconds', rows }
  } finally {
    await sides.close()
  }
}
