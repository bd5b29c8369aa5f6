import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { Command, Option } from 'commander'
import type { Executor, StudyEvent, Trial } from '../experiments/index.js'
import { refuseFile, tryFolder } from './places.js'
import type { ProgressLine } from './progress.js'
import { positive, several, wholeNumber } from './values.js'

interface Common {
  scale: 'emoji' | 'paper'
  seeds?: number
  set?: string[]
  folder?: string
}

interface RunOptions extends Common {
  executor: 'local' | 'ray'
  address: string
  only?: string[]
  slots?: number
  perGpu: number
  gpus?: number
  retry?: boolean
  reuse?: boolean
}

interface ShowOptions extends Common {
  json?: boolean
  markdown?: boolean
  latex?: boolean
  csv?: boolean
}

/** The one figure that takes no trials. */
const computed = { name: 'fig-a1', question: 'How does the gradient grow on its way to the early steps along Eq. 4?' }

export function studyCommand(): Command {
  const command = new Command('study')
    .summary('run and show the paper’s tables and our own studies')
    .description(
      'A study is a question with the grid of settings, methods and seeds that answers it. Its trials are run where there is ' +
        'room, each in a folder of its own; finished ones are never run again.',
    )
    .addHelpText(
      'after',
      `
Examples:
  $ adt study list
  $ adt study run table-3 --scale emoji --seeds 5
  $ adt study run table-3 --executor ray --address http://127.0.0.1:8265
  $ adt study run table-3 --seeds 1 --only adt,ft --set iterations=20
  $ adt study show table-3 --scale emoji --markdown`,
    )
  const list = new Command('list').description('Lists the studies: what they ask, and how much of them is done.')
  withCommon(list).option('--json', 'print as JSON').action(listStudies)
  const run = new Command('run')
    .argument('<study>', 'its name, or a study file')
    .description(
      'Runs the trials of a study that have no result yet. Ctrl-C stops them, each with a checkpoint; the same command goes on.',
    )
  withCommon(run)
    .addOption(new Option('--executor <name>', 'where trials run').choices(['local', 'ray']).default('local'))
    .option('--address <url>', 'of the Ray cluster’s dashboard', 'http://127.0.0.1:8265')
    .option('--only <methods>', 'only these methods, separated by commas', (text: string) => text.split(','))
    .option('--slots <number>', 'trials at once on this machine (default: one a GPU or a free core)', wholeNumber(1))
    .option('--per-gpu <number>', 'trials that share a GPU of this machine', wholeNumber(1), 1)
    .option('--gpus <number>', 'GPUs, or the share of one, that a trial asks a Ray cluster for', positive)
    .option('--retry', 'run failed trials again')
    .option('--reuse', 'take trials with figures of an earlier version for done')
    .action(runStudies)
  const show = new Command('show')
    .argument('<study>', 'its name, or a study file')
    .description(
      'Shows a study’s table beside the paper’s figures, with the settings of its last run here unless others are given. What was ' +
        'not run says with which command it would be.',
    )
  withCommon(show)
    .option('--json', '{rows: [{method, seeds, fd: {mean, sd, ci}, …}]}')
    .option('--markdown', 'as Markdown')
    .option('--latex', 'as a LaTeX tabular (booktabs)')
    .option('--csv', 'as CSV, numbers in columns of their own')
    .action(showStudy)
  for (const each of [list, run, show]) {
    command.addCommand(each.showHelpAfterError(`(adt study ${each.name()} --help says what there is)`))
  }
  return command
}

function withCommon(command: Command): Command {
  return command
    .addOption(
      new Option('--scale <name>', 'emoji runs here; paper needs weights and GPUs')
        .choices(['emoji', 'paper'])
        .default('emoji'),
    )
    .option('--seeds <number>', 'seeds 0, 1, … of every method (default: the study’s own)', wholeNumber(1))
    .option('--set <setting=value>', 'a setting of every trial, iterations=100 (may be repeated)', several)
    .option('--folder <folder>', 'where studies are kept (default: ADT_STUDIES, or notebooks/studies)')
}

async function open(name: string, { scale, seeds, set, folder }: Common) {
  const { changedStudy, findStudy, scaleFolder } = await import('../experiments/index.js')
  const { UsageError } = await import('./errors.js')
  const usage = <T>(option: string, find: () => T): T => {
    try {
      return find()
    } catch (error) {
      throw new UsageError(option + (error as Error).message.replace(/\s*\n\s*/g, ' '))
    }
  }
  if (name === computed.name) throw new UsageError(`${name} takes no trials: adt study show ${name}`)
  const found = usage('', () => findStudy(name, scale))
  const changed = usage('--set ', () => changedStudy(found, { ...(seeds && { seeds }), ...(set && { set }) }))
  const study = { ...changed, command: runCommand(name, { scale, ...(seeds && { seeds }), set, folder }) }
  const own = scaleFolder(study.scale, folder)
  refuseFile('--folder', own)
  return { study, folder: own }
}

/** The study with the settings of its last run, where it was run and no others are asked for; else as `open` gives it. */
async function openAsRun(name: string, options: Common) {
  const opened = await open(name, options)
  const { study, folder } = opened
  if (options.set || study.name !== name || !existsSync(join(folder, name, 'study.json'))) return opened
  const { changedStudy, readStudy } = await import('../experiments/index.js')
  const { seeds } = options
  return { study: changedStudy(readStudy(join(folder, name)), { ...(seeds && { seeds }) }), folder }
}

/** The command that runs a study as these options show it. */
function runCommand(name: string, { scale, seeds, set = [], folder }: Common): string {
  const quoted = (word: string) => (/^[\w./:=-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)
  const words = ['npx adt study run', quoted(name), '--scale', scale]
  if (seeds !== undefined) words.push('--seeds', `${seeds}`)
  for (const assignment of set) words.push('--set', quoted(assignment))
  if (folder !== undefined) words.push('--folder', quoted(folder))
  return words.join(' ')
}

async function listStudies({ json, ...common }: Common & { json?: boolean }): Promise<void> {
  const { findStored, readTrials, scaleFolder, studies, trialsOf } = await import('../experiments/index.js')
  const folder = scaleFolder(common.scale, common.folder)
  refuseFile('--folder', folder)
  const stored = readTrials(folder)
  const all = studies(common.scale).map(({ name }) => name)
  const rows = await Promise.all(
    all.map(async name => {
      const { study } = await openAsRun(name, common)
      const trials = trialsOf(study)
      const done = trials.filter(trial => findStored(stored, trial)?.result).length
      return { name, title: study.title, question: study.question, trials: trials.length, done }
    }),
  )
  if (json) return console.log(JSON.stringify(rows, null, 2))
  const width = Math.max(...rows.map(({ name }) => name.length))
  for (const { name, question, trials, done } of rows) {
    console.log(`${name.padEnd(width)}  ${`${done}/${trials}`.padStart(7)}  ${question}`)
  }
  console.log(`${computed.name.padEnd(width)}  ${'–'.padStart(7)}  ${computed.question}`)
}

async function showStudy(name: string, options: ShowOptions): Promise<void> {
  const { gradientScales, readTrials, renderScales, renderTable, tableOf } = await import('../experiments/index.js')
  if (name === computed.name) {
    const curves = gradientScales(options.scale)
    console.log(options.json ? JSON.stringify({ rows: curves }, null, 2) : renderScales(curves))
    return
  }
  const { study, folder } = await openAsRun(name, options)
  const table = tableOf(study, readTrials(folder))
  if (options.json) {
    const { name, scale, title, question, metric, against } = study
    const about = { name, scale, title, question, metric, against }
    console.log(JSON.stringify({ study: about, rows: table.rows }, null, 2))
    return
  }
  const format = (['markdown', 'latex', 'csv'] as const).find(format => options[format]) ?? 'text'
  console.log(renderTable(table, format))
}

async function runStudies(name: string, options: RunOptions): Promise<void> {
  const { readTrials, renderTable, runStudy, tableOf } = await import('../experiments/index.js')
  const { study, folder } = await open(name, options)
  const unknown = options.only?.find(method => !study.methods[method])
  if (unknown) {
    const { UsageError } = await import('./errors.js')
    throw new UsageError(
      `--only: ${study.name} has no method ${unknown}; it has ${Object.keys(study.methods).join(', ')}`,
    )
  }
  tryFolder('--folder', folder)
  const { interruptSignal } = await import('./interrupt.js')
  const executor = await openExecutor(options)
  let line: ProgressLine | undefined
  const say = (text: string) => (line ? line.say(text) : console.error(text))
  const { signal, release } = interruptSignal(say)
  const follow = await follower(say, opened => {
    line = opened
  })
  try {
    const { only, retry, reuse, gpus } = options
    const events = runStudy(study, {
      ...{ executor, folder, signal, gpus: gpus ?? 0 },
      ...(only && { only }),
      ...(retry && { retry }),
      ...(reuse && { reuse }),
    })
    for (;;) {
      const next = await events.next()
      if (!next.done) {
        follow(next.value)
        continue
      }
      line?.stop()
      line = undefined
      const { finished, stopped, failed, missing } = next.value
      console.error(`${finished} finished, ${stopped} stopped early, ${failed} failed, ${missing} missing`)
      if (failed + missing > 0) process.exitCode = signal.aborted ? 130 : 1
      break
    }
  } finally {
    line?.stop()
    release()
    await executor.close()
  }
  if (!signal.aborted) console.log(renderTable(tableOf(study, readTrials(folder)), 'text'))
}

async function openExecutor({ executor, address, slots, perGpu, gpus }: RunOptions): Promise<Executor> {
  if (executor === 'ray') {
    const { rayExecutor } = await import('../experiments/ray/index.js')
    return rayExecutor({ address, ...(gpus !== undefined && { gpus }) })
  }
  const { localExecutor } = await import('../experiments/index.js')
  return localExecutor({ perGpu, ...(slots && { slots }) })
}

/** Turns a study's events into a bar over all iterations, and lines for what ends. */
async function follower(
  say: (line: string) => void,
  open: (line: ProgressLine) => void,
): Promise<(event: StudyEvent) => void> {
  const { progressLine } = await import('./progress.js')
  const reached = new Map<string, number>()
  const trials = new Map<string, Trial>()
  const running = new Set<string>()
  let line: ProgressLine | undefined
  let [total, done] = [0, 0]
  const iterationsOf = (key: string) => {
    const settings = trials.get(key)?.settings
    return Math.max(1, settings?.method === 'base' ? 1 : (settings?.iterations ?? 1))
  }
  const titleOf = (key: string) => {
    const trial = trials.get(key)!
    const { label, at } = trial.arms[0]!
    return [label, ...Object.entries(at).map(([path, value]) => `${path}=${value}`), `seed ${trial.seed}`].join(', ')
  }
  const update = () => {
    const iterations = [...reached.values()].reduce((sum, value) => sum + value, 0)
    line?.update(iterations, `${done}/${total} trials, ${running.size} running`)
  }
  return event => {
    switch (event.kind) {
      case 'plan': {
        for (const trial of event.trials) trials.set(trial.key, trial)
        total = event.total
        done = event.done
        if (done === total) return
        const missing = event.missing
        line = progressLine(missing.reduce((sum, key) => sum + iterationsOf(key), 0))
        open(line)
        break
      }
      case 'started':
        running.add(event.key)
        break
      case 'metric':
        reached.set(event.key, Math.min(iterationsOf(event.key), Number(event.line.iteration)))
        break
      case 'pruned': {
        const { rung, value, cutoff } = event.reason
        say(
          `${titleOf(event.key)}: stopped at iteration ${rung}: ${value} is not within the cutoff ${cutoff.toPrecision(5)}`,
        )
        break
      }
      case 'lost':
        running.delete(event.key)
        say(
          `${titleOf(event.key)}: lost, starts again from its last checkpoint (${event.message ?? 'no reason given'})`,
        )
        break
      case 'ended':
        running.delete(event.key)
        done++
        reached.set(event.key, iterationsOf(event.key))
        if (event.ending.state === 'failed' || event.ending.state === 'lost') {
          say(`${titleOf(event.key)}: ${event.ending.state}: ${event.ending.message ?? ''}`)
        }
    }
    update()
  }
}
