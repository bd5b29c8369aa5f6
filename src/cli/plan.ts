import { Command, Option } from 'commander'
import type { Plan, Schedule } from '../samplers/index.js'
import { type SamplerOptions, withSamplerOptions } from './samplerOptions.js'

interface Options extends SamplerOptions {
  model: string
  schedule?: 'linear' | 'scaled-linear' | 'cosine' | 'flow'
  json?: boolean
}

export function planCommand(): Command {
  const command = new Command('plan')
    .summary('print a sampler’s steps and how much gradient reaches each')
    .description(
      'Prints a sampler as numbers. For each step: the time t at which the network is asked, the shares a and b that the ' +
        'latent and the network’s output have in the next latent, and w, the derivative of the final latent with respect to ' +
        'this output along the two backward paths, ADT (Eq. 11) and DRTune (Eq. 4); last, the curve of Fig. A1.',
    )
    .option('--model <name or folder>', 'take the noise schedule of this model', 'emoji')
    .addOption(
      new Option('--schedule <name>', 'a schedule by name instead of a model’s').choices([
        'linear',
        'scaled-linear',
        'cosine',
        'flow',
      ]),
    )
    .option('--json', 'as JSON, at full precision')
    .addHelpText(
      'after',
      `
Examples:
  $ adt plan --steps 10
  $ adt plan --schedule scaled-linear --sampler dpm-solver --steps 30
  $ adt plan --schedule linear --steps 50 --json`,
    )
    .action(run)
  return withSamplerOptions(command)
}

async function run(options: Options): Promise<void> {
  const { cosineSchedule, flowSchedule, linearSchedule, scaledLinearSchedule } = await import('../samplers/index.js')
  const { planOf, readSchedule } = await import('./samplerOptions.js')
  const named: Record<NonNullable<Options['schedule']>, () => Schedule> = {
    linear: linearSchedule,
    'scaled-linear': scaledLinearSchedule,
    cosine: cosineSchedule,
    flow: flowSchedule,
  }
  const schedule = options.schedule ? named[options.schedule]() : readSchedule(options.model)
  const rows = await rowsOf(planOf(schedule, options))
  console.log(options.json ? JSON.stringify(rows, null, 2) : table(rows))
}

type Row = Record<'step' | 't' | 'a' | 'b' | 'w adt' | 'w drtune' | 'dx0/dx', number>

async function rowsOf(plan: Plan): Promise<Row[]> {
  const { backwardWeights, gradientScale } = await import('../samplers/index.js')
  const [adt, drtune, scale] = [
    backwardWeights(plan, 'adt'),
    backwardWeights(plan, 'drtune'),
    gradientScale(plan, 'drtune'),
  ]
  return plan.steps.map(({ t, own }, i) => ({
    step: i,
    t,
    a: own.x,
    b: own.output,
    'w adt': adt[i]!,
    'w drtune': drtune[i]!,
    'dx0/dx': scale[i]!,
  }))
}

/** Columns lined up at the right; six digits. */
function table(rows: readonly Row[]): string {
  const names = Object.keys(rows[0]!) as (keyof Row)[]
  const cells = [names, ...rows.map(row => names.map(name => text(row[name])))]
  const widths = names.map((_, column) => Math.max(...cells.map(row => row[column]!.length)))
  return cells.map(row => row.map((cell, column) => cell.padStart(widths[column]!)).join('  ')).join('\n')
}

const text = (value: number) => (Number.isInteger(value) ? `${value}` : value.toPrecision(6))
