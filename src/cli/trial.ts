import { Command } from 'commander'

/** Exit statuses that a scheduler tells apart. */
const stopped = 143
const busy = 75

export function trialCommand(): Command {
  const command = new Command('trial')
    .summary('run one trial of a study')
    .description(
      'What "adt study run" starts for every trial. A trial is a folder with a trial.json; see "adt study --help".',
    )
  command
    .command('run')
    .argument('<folder>', 'of the trial, with its trial.json')
    .description(
      `Runs a trial, or goes on with it from its last checkpoint. Prints a JSON line for each metric with its sequence number.
Exit status: 0 finished, ${busy} another process runs it, ${stopped} stopped by SIGTERM after a checkpoint, 1 failed.`,
    )
    .action(run)
  return command
}

async function run(folder: string): Promise<void> {
  const [{ BusyError, runTrial }, { interruptSignal }] = await Promise.all([
    import('../experiments/runTrial.js'),
    import('./interrupt.js'),
  ])
  const { signal, release } = interruptSignal(line => console.error(line))
  // Whoever started us holds our input open as long as it lives.
  if (process.env.ADT_END_WITH_INPUT) {
    process.stdin.once('close', () => {
      if (!signal.aborted) process.kill(process.pid, 'SIGTERM')
    })
    process.stdin.resume()
  }
  try {
    const events = runTrial(folder, signal)
    for (;;) {
      const next = await events.next()
      if (next.done) {
        process.exitCode = next.value ? 0 : stopped
        return
      }
      process.stdout.write(`${JSON.stringify(next.value)}\n`)
    }
  } catch (error) {
    if (!(error instanceof BusyError)) throw error
    console.error(`error: ${error.message}`)
    process.exitCode = busy
  } finally {
    release()
  }
}
