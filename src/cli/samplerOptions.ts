import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Command, Option } from 'commander'
import { modelFolder } from '../pretraining/embedded.js'
import {
  namedSampler,
  namedSamplers,
  type Plan,
  type SamplerName,
  type Schedule,
  type SchedulerConfig,
  scheduleFromConfig,
} from '../samplers/index.js'
import { wholeNumber } from './values.js'

export interface SamplerOptions {
  sampler?: SamplerName
  steps: number
}

/** Adds `--sampler` and `--steps`. */
export function withSamplerOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--sampler <name>', 'how to sample (default: ddim, or flow-euler for a flow model)').choices(
        Object.keys(namedSamplers),
      ),
    )
    .option('--steps <number>', 'network calls for one image', wholeNumber(1), 20)
}

/** The plan that the options ask for. */
export function planOf(schedule: Schedule, { sampler, steps }: SamplerOptions): Plan {
  const name = sampler ?? (schedule.kind === 'flow' ? 'flow-euler' : 'ddim')
  try {
    return namedSampler(schedule, name, steps)
  } catch (error) {
    const option = error instanceof RangeError ? '--steps' : '--sampler'
    const message = (error as Error).message.replace(/flowEuler|dpmSolver/g, name => names[name]!)
    throw new Error(`${option}: ${message}`, { cause: error })
  }
}

/** What the library calls otherwise. */
const names: Record<string, string> = { flowEuler: 'flow-euler', dpmSolver: 'dpm-solver' }

/** The schedule of a model folder, without opening its networks. */
export function readSchedule(nameOrFolder: string): Schedule {
  const file = join(modelFolder(nameOrFolder), 'scheduler', 'scheduler_config.json')
  let content: string
  try {
    content = readFileSync(file, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new Error(`${file}: cannot be read (${code}); --model is emoji, or a folder that diffusers saved`, {
      cause: error,
    })
  }
  try {
    return scheduleFromConfig(JSON.parse(content) as SchedulerConfig)
  } catch (error) {
    throw new Error(`${file}: ${(error as Error).message}`, { cause: error })
  }
}
