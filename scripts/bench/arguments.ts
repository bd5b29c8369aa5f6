/** The command line of `npm run bench`. */

import { Command, InvalidArgumentError } from 'commander'
import { type Precision, precisions, type Variant, variants } from './rows.js'

export interface Arguments {
  /** Benches to run, in the order given; all of them when none is named. `setup` alone makes the peer's venv. */
  names: string[]
  rounds: number
  json: boolean
  peers: Variant[]
  only?: string[]
  batch?: number[]
  precision?: Precision[]
  K?: number[]
  model?: string
  size?: 'small' | 'full'
  lora?: number
  checkpointing?: boolean
  iterations?: number
}

/**
 * @param argv what comes after the script's name
 * @param known names of the benches there are
 * @throws Error for a name that there is not, saying which there are; commander ends the process for a wrong option
 */
export function parseArguments(argv: readonly string[], known: readonly string[]): Arguments {
  const command = new Command('npm run bench --')
    .description(
      'Measures this machine beside PyTorch and other kernels, in turns. Without a name, every bench runs; `setup` ' +
        'installs PyTorch in .venv-bench, tslab and Deno in .bench-kernels.',
    )
    .argument('[names...]', `what to measure: ${known.join(', ')}; or setup`)
    .option('--rounds <count>', 'how often each setting is measured', wholeNumber, 5)
    .option('--json', 'print one JSON object a line instead of a table', false)
    .option('--peers <names>', `forms of PyTorch to compare networks with, of ${variants.join(', ')}`, of(variants), [
      'eager',
    ])
    .option('--only <parts>', 'parts of the bench, separated by commas, as forward,pull-back', list)
    .option('--batch <sizes>', 'unet, full-size: batch sizes, as 1,4', wholeNumbers)
    .option('--precision <names>', `unet, full-size: of ${precisions.join(', ')}`, of(precisions))
    .option('--K <counts>', 'unet: sampled steps of an ADT iteration, as 1,3,5', wholeNumbers)
    .option('--model <name>', 'full-size: sd15, sdxl or sd3')
    .option('--size <name>', 'full-size: full, the default on a GPU, or small', value =>
      oneOf(['small', 'full'] as const, value),
    )
    .option('--lora <rank>', 'full-size: rank of what is tuned; all parameters where left out', wholeNumber)
    .option(
      '--checkpointing <on or off>',
      "full-size: blocks computed twice; the preset's where left out",
      value => oneOf(['on', 'off'] as const, value) === 'on',
    )
    .option('--iterations <count>', 'full-size: how many are run', wholeNumber)
    .parse(argv, { from: 'user' })
  const { args } = command
  if (args.includes('setup') && args.length > 1) throw new Error('setup goes alone: npm run bench -- setup')
  const unknown = args.filter(name => name !== 'setup' && !known.includes(name))
  if (unknown.length > 0) {
    throw new Error(`No bench is called ${unknown.join(', ')}. There are: ${known.join(', ')}.`)
  }
  const names = args.length > 0 ? [...new Set(args)] : [...known]
  return { names, ...command.opts<Omit<Arguments, 'names'>>() }
}

function wholeNumber(value: string): number {
  const number = Number(value)
  if (!Number.isInteger(number) || number < 1) throw new InvalidArgumentError('It must be a whole number from 1 on.')
  return number
}

const list = (value: string) => value.split(',').map(part => part.trim())

const wholeNumbers = (value: string) => list(value).map(wholeNumber)

function oneOf<T extends string>(known: readonly T[], value: string): T {
  return of(known)(value)[0]!
}

/** Reads a list of names, each of which must be known. */
function of<T extends string>(known: readonly T[]): (value: string) => T[] {
  return value =>
    list(value).map(name => {
      const found = known.find(each => each === name)
      if (!found) throw new InvalidArgumentError(`It must be of ${known.join(', ')}.`)
      return found
    })
}
