/** The command line of `npm run bench`. */

import { Command, InvalidArgumentError } from 'commander'

export interface Arguments {
  /** Benches to run, in the order given; all of them when none is named. */
  names: string[]
  rounds: number
  json: boolean
}

/**
 * @param argv what comes after the script's name
 * @param known names of the benches there are
 * @throws Error for a name that there is not, saying which there are; commander ends the process for a wrong option
 */
export function parseArguments(argv: readonly string[], known: readonly string[]): Arguments {
  const command = new Command('npm run bench --')
    .description('Measures this machine. Without a name, every bench runs.')
    .argument('[names...]', `what to measure: ${known.join(', ')}`)
    .option('--rounds <count>', 'how often each setting is measured', parseRounds, 3)
    .option('--json', 'print one JSON object a line instead of a table', false)
    .parse(argv, { from: 'user' })
  const unknown = command.args.filter(name => !known.includes(name))
  if (unknown.length > 0) {
    throw new Error(`No bench is called ${unknown.join(', ')}. There are: ${known.join(', ')}.`)
  }
  const names = command.args.length > 0 ? [...new Set(command.args)] : [...known]
  return { names, ...command.opts<Omit<Arguments, 'names'>>() }
}

function parseRounds(value: string): number {
  const rounds = Number(value)
  if (!Number.isInteger(rounds) || rounds < 1) throw new InvalidArgumentError('It must be a whole number from 1 on.')
  return rounds
}
