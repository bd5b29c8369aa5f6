// execute_request: in each shell cells run one after the other, in the order in which they came. The shells share one
// execution process: while a cell awaits, those of other shells run.
import type { Debugger } from './debugger/index.js'
import type { Failure, Outcome } from './execution/protocol.js'
import type { Runner } from './execution/runner.js'
import type { History } from './history.js'
import type { Conversion, Language } from './language/index.js'
import { type Magic, magicsOf, UnknownMagic } from './magics.js'
import { problemsToFailure } from './problems.js'
import { optional, required } from './protocol/fields.js'
import type { Iopub } from './protocol/iopub.js'
import type { Json, Message } from './protocol/message.js'
import type { RequestChannel } from './protocol/sockets.js'

/** A request and where it came from. */
export interface Incoming {
  channel: RequestChannel
  message: Message
  /** By this process's clock, in milliseconds. */
  arrived: number
}

export interface Cells {
  submit(cell: Incoming): void
  isBusy(): boolean
  /** The cell with this request id, if it runs. */
  running(id: unknown): Incoming | undefined
  /** Answers those that wait with `aborted`, and keeps from running what is not yet with the runner. */
  interrupt(): void
  /** Answers those of a subshell that wait with `aborted`. */
  abort(subshell: string): void
}

interface Needs {
  language: Language
  runner: Runner
  debug: Debugger
  history: History
  iopub: Iopub
  reply(to: Incoming, type: string, content: Json): void
  onEnd(cell: Incoming): void
}

interface Shell {
  queue: Incoming[]
  running?: Incoming
  /** Of the cell that failed last: who sent it, and by the sender's clock when it had certainly not yet failed. */
  failure?: { session: string; before: number }
}

const MAIN = ''

export function createCells({ language, runner, debug, history, iopub, reply, onEnd }: Needs): Cells {
  const shells = new Map<string, Shell>()
  /** Those that an interrupt found running. */
  const interrupted = new WeakSet<Incoming>()
  let count = 0
  /** Of what is not numbered: user expressions, and cells that no history keeps. */
  let unnumbered = 0
  let converting: Promise<unknown> | undefined

  async function runQueue(shell: Shell): Promise<void> {
    for (let cell = shell.queue.shift(); cell; cell = shell.queue.shift()) {
      shell.running = cell
      const failedAt = await runCell(cell)
      onEnd(cell)
      if (failedAt === undefined || cell.message.content.stop_on_error === false) continue
      const { session, date } = cell.message.header
      shell.failure = { session, before: Math.floor(Date.parse(date) + failedAt - cell.arrived) }
      abortQueued(shell)
    }
    delete shell.running
  }

  function abortQueued({ queue }: Shell): void {
    for (const cell of queue.splice(0)) abort(cell)
  }

  function abort(cell: Incoming): void {
    iopub.status('busy', cell.message.header)
    reply(cell, 'execute_reply', { status: 'aborted', execution_count: count })
    iopub.status('idle', cell.message.header)
  }

  /** Whether it was sent together with a cell that failed, and only arrives now. */
  function comesLate({ message: { header } }: Incoming, { failure }: Shell): boolean {
    return failure !== undefined && header.session === failure.session && Date.parse(header.date) < failure.before
  }

  /** @returns when it failed, before its sender could know; undefined if it did not */
  async function runCell(cell: Incoming): Promise<number | undefined> {
    const { header: parent, content } = cell.message
    iopub.status('busy', parent)
    try {
      const code = required.string(content, 'code')
      const expressions = optional.object(content, 'user_expressions') ?? {}
      return await runCode(cell, code, expressions)
    } catch (error) {
      const failedAt = performance.now()
      reply(cell, 'execute_reply', { status: 'error', execution_count: count, ...failureOf(error) })
      return failedAt
    } finally {
      iopub.status('idle', parent)
    }
  }

  async function runCode(cell: Incoming, code: string, expressions: Json): Promise<number | undefined> {
    const { header: parent, content } = cell.message
    const silent = content.silent === true
    const stored = !silent && content.store_history !== false && code.trim() !== ''
    const execution_count = stored ? ++count : count
    const entry = stored ? history.add(execution_count, code) : undefined
    const name = stored ? `cell[${execution_count}]` : unnumberedName()
    // Before anything is written for the page: the other processes begin meanwhile.
    const executed = execute(cell, name, code)
    if (!silent) iopub.publish('execute_input', { code, execution_count }, parent)
    const { result, failure, payload = [] } = await executed
    if (result && !silent) {
      iopub.publish('execute_result', { ...result, execution_count }, parent)
      if (entry) entry.output = String(result.data['text/plain'] ?? '')
    }
    const failedAt = failure && performance.now()
    if (failure) iopub.publish('error', { ...failure }, parent)
    const user_expressions = failure ? {} : await evaluateAll(cell, expressions)
    const outcome = failure ? { status: 'error', ...failure } : { status: 'ok' }
    reply(cell, 'execute_reply', { ...outcome, execution_count, user_expressions, payload })
    return failedAt
  }

  const unnumberedName = () => `cell[*${++unnumbered}]`

  async function execute(cell: Incoming, name: string, code: string): Promise<Outcome> {
    try {
      const magics = magicsOf(code)
      const failed = magics.length > 0 ? await runMagics(cell, magics) : undefined
      if (failed) return failed
      const { problems, script } = await inTurn(() => convert(cell, code))
      if (interrupted.has(cell)) {
        return { failure: { ename: 'Interrupted', evalue: 'before it ran', traceback: ['Interrupted'] } }
      }
      if (problems.length > 0 && !script) return { failure: problemsToFailure(problems) }
      const { header: parent } = cell.message
      if (problems.length > 0) iopub.stream('stderr', `${problemsToFailure(problems).traceback.join('\n')}\n`, parent)
      if (!script) return {}
      await debug.beforeCell(name, code, script)
      const began = performance.now()
      const outcome = await runner.ask({ kind: 'execute', parent, cell: name, script })
      if (magics.some(({ name }) => name === 'time')) iopub.stream('stdout', `${timeSince(began)}\n`, parent)
      return outcome
    } catch (error) {
      if (error instanceof UnknownMagic) return { failure: { ...failureOf(error), traceback: [error.message] } }
      return { failure: failureOf(error) }
    }
  }

  /** What stands before the cell's code; the first that fails keeps the cell from running. */
  async function runMagics({ message }: Incoming, magics: Magic[]): Promise<Outcome | undefined> {
    for (const magic of magics) {
      if (magic.name === 'time') continue
      const outcome = await runner.ask({ kind: 'magic', parent: message.header, magic })
      if (outcome.failure) return outcome
    }
    return undefined
  }

  async function convert(cell: Incoming, code: string): Promise<Conversion> {
    const conversion = await language.convert(code)
    // Declarations count also when the cell fails half-way: what it had assigned by then is there.
    const runs = conversion.problems.length === 0 || conversion.script !== undefined
    // Not waited for: what is asked next is answered after it, and when the process has ended says so.
    if (runs && !conversion.repeatable && !interrupted.has(cell)) language.commit().catch(() => {})
    return conversion
  }

  /** Conversions build on one another's declarations. */
  function inTurn<T>(act: () => Promise<T>): Promise<T> {
    const done = converting ? converting.then(act) : act()
    const settled = done
      .catch(() => {})
      .then(() => {
        if (converting === settled) converting = undefined
      })
    converting = settled
    return done
  }

  async function evaluateAll(cell: Incoming, expressions: Json): Promise<Json> {
    const answers: Json = {}
    for (const [name, expression] of Object.entries(expressions)) {
      const { result, failure } = await execute(cell, unnumberedName(), `(${expression})`)
      const bundle = result ?? { data: { 'text/plain': 'undefined' }, metadata: {} }
      answers[name] = failure ? { status: 'error', ...failure } : { status: 'ok', ...bundle }
    }
    return answers
  }

  return {
    submit(cell) {
      const name = String(cell.message.header.subshell_id ?? MAIN)
      const shell = shells.get(name) ?? { queue: [] }
      shells.set(name, shell)
      if (comesLate(cell, shell)) return abort(cell)
      shell.queue.push(cell)
      if (!shell.running) void runQueue(shell)
    },
    isBusy: () => [...shells.values()].some(({ running }) => running),
    running: id => [...shells.values()].find(({ running }) => running?.message.header.msg_id === id)?.running,
    interrupt() {
      for (const shell of shells.values()) {
        if (shell.running) interrupted.add(shell.running)
        abortQueued(shell)
      }
    },
    abort(subshell) {
      const shell = shells.get(subshell)
      if (!shell) return
      abortQueued(shell)
      if (!shell.running) shells.delete(subshell)
    },
  }
}

function timeSince(began: number): string {
  const time = performance.now() - began
  return `Wall time: ${time < 1000 ? `${time.toFixed(1)} ms` : `${(time / 1000).toFixed(2)} s`}`
}

function failureOf(error: unknown): Failure {
  const { name, message, stack } = error as Error
  return { ename: name, evalue: message, traceback: [stack ?? message] }
}
