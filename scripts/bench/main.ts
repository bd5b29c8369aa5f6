/** `npm run bench -- [names] [options]`: what this machine does with the project's parts, beside PyTorch and other kernels. */

import { parseArguments } from './arguments.js'
import { describe } from './machine.js'
import { type Bench, jsonLine, table } from './rows.js'
import { setup } from './setup.js'

/** Each with what it needs alone: where a network is measured, no browser has to be installed. */
const benches: Record<string, () => Promise<Bench>> = {
  embedded: async () => (await import('./embedded.js')).embedded,
  blocks: async () => (await import('./blocks.js')).blocks,
  unet: async () => (await import('./unet.js')).unet,
  'full-size': async () => (await import('./fullSize.js')).fullSize,
  dispatch: async () => (await import('./dispatch.js')).dispatch,
  memory: async () => (await import('./memory.js')).memory,
  kernel: async () => (await import('./kernel.js')).kernel,
  extension: async () => (await import('./extension.js')).extension,
}

try {
  const { names, json, ...options } = parseArguments(process.argv.slice(2), Object.keys(benches))
  if (names[0] === 'setup') setup()
  else {
    let described: string | undefined
    for (const name of names) {
      const bench = await benches[name]!()
      const progress = (what: string) => console.error(`${name}: ${what}`)
      for await (const { heading, rows, machine } of bench({ ...options, progress })) {
        if (json) console.log(rows.map(row => jsonLine(row, machine)).join('\n'))
        else {
          const description = describe(machine)
          if (description !== described) console.log(`\n${description}`)
          described = description
          console.log(`\n${table({ heading, rows })}`)
        }
      }
    }
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
