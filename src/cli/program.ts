import { Command, CommanderError } from 'commander'
import { packageFacts } from '../data/files.js'
import { UsageError } from './errors.js'
import { evaluateCommand } from './evaluate.js'
import { planCommand } from './plan.js'
import { pretrainCommand } from './pretrain.js'
import { sampleCommand } from './sample.js'
import { studyCommand } from './study.js'
import { trialCommand } from './trial.js'
import { tuneCommand } from './tune.js'
import { verifyCommand } from './verify.js'

function createProgram(): Command {
  const commands = [
    sampleCommand(),
    tuneCommand(),
    evaluateCommand(),
    studyCommand(),
    trialCommand(),
    planCommand(),
    pretrainCommand(),
    verifyCommand(),
  ]
  const program = new Command('adt')
    .description('Adversarial Diffusion Tuning: sample, tune, evaluate and look at diffusion models.')
    .version(packageFacts().version)
    .showHelpAfterError('(--help says what there is)')
    .addHelpText('after', '\nadt COMMAND --help says what a command can do and gives examples.')
  for (const command of commands) {
    command.showHelpAfterError(`(adt ${command.name()} --help says what there is)`)
    program.addCommand(command)
  }
  const parts = commands.flatMap(({ commands }) => commands)
  for (const command of [program, ...commands, ...parts]) command.exitOverride().showSuggestionAfterError()
  return program
}

/**
 * Runs `adt` with its arguments.
 * @returns the exit status: 0, 1 when something went wrong, 2 when the command was not understood, or what it set itself
 */
export async function runCommand(words: readonly string[]): Promise<number> {
  try {
    await createProgram().parseAsync([...words], { from: 'user' })
    return Number(process.exitCode ?? 0)
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    console.error(`error: ${error instanceof Error ? error.message : String(error)}`)
    return error instanceof UsageError ? 2 : 1
  }
}
