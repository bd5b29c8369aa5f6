/** `npm run bench -- [names] [options]`: what this machine does with the project's parts, beside PyTorch and other kernels. */

import { parseArguments } from './arguments.js'
import { blocks } from './blocks.js'
import { dispatch } from './dispatch.js'
import { embedded } from './embedded.js'
import { extension } from './extension.js'
import { kernel } from './kernel.js'
import { describe } from './machine.js'
import { memory } from './memory.js'
import { type Bench, jsonLine, table } from './rows.js'
import { setup } from './setup.js'
import { unet } from './unet.js'

const benches: Record<string, Bench> = { embedded, blocks, unet, dispatch, memory, kernel, extension }

try {
  const { names, json, ...options } = parseArguments(process.argv.slice(2), Object.keys(benches))
  if (names[0] === 'setup') setup()
  else {
    let described: string | undefined
    for (const name of names) {
      const progress = (what: string) => console.error(`${name}: ${what}`)
      for await (const { heading, rows, machine } of benches[name]!({ ...options, progress })) {
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
