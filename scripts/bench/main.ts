/** `npm run bench -- [names] [--json] [--rounds N]`: what this machine does with the project's parts. */

import { parseArguments } from './arguments.js'
import { memory } from './memory.js'
import { type Bench, jsonLine, machine, table } from './rows.js'

const benches: Record<string, Bench> = { memory }

try {
  const { names, rounds, json } = parseArguments(process.argv.slice(2), Object.keys(benches))
  if (!json) console.log(machine())
  for (const name of names) {
    const sections = await benches[name]!({ rounds, progress: what => console.error(`${name}, ${what}`) })
    for (const section of sections) {
      console.log(json ? section.rows.map(jsonLine).join('\n') : `\n${table(section)}`)
    }
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
