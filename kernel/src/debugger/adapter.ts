// Answers debug_request: each command of the Debug Adapter Protocol, and the few that Jupyter adds to it.
import { existsSync, readFileSync } from 'node:fs'
import { basename, isAbsolute, sep } from 'node:path'
import type { Duplex } from 'node:stream'
import { fileURLToPath } from 'node:url'
import type { DebugProtocol as DAP } from '@vscode/debugprotocol'
import type { Language, Script } from '../language/index.js'

import type { Json } from '../protocol/message.js'
import { type Cell, createCells } from './cells.js'
import { CELL_VARIABLES, toExpression } from './expressions.js'
import { capabilities, continued, debugInfo, event, fail, stackFrame, stopped, succeed, THREAD } from './messages.js'
import { cellScopes } from './scopes.js'
import type { Step } from './stepping.js'
import { attach, type Breakpoint, type ExceptionFilter, type Target } from './target.js'

export interface DebuggerOptions {
  /** The execution process's inspector. */
  inspector(): Duplex
  language: Language
  /** Names that are not the user's, such as those of preloaded libraries: not listed among the cells' variables. */
  preloaded: string[]
  /** Broadcasts a debug_event. */
  publish(event: Json, parent: Json): void
  /** Interrupts what runs. */
  interrupt(): void
}

// biome-ignore lint/suspicious/noExplicitAny: what a client sends; each command reads what it knows
type Arguments = any
type Answer = (args: Arguments) => unknown

/** The folder of the kernel's own programs. */
const KERNEL = fileURLToPath(new URL('..', import.meta.url))

export function createDebugger({ inspector, language, preloaded, publish, interrupt }: DebuggerOptions) {
  const cells = createCells()
  const breakpoints = new Map<string, DAP.SourceBreakpoint[]>()
  let filters: ExceptionFilter[] = []
  let isStarted = false
  let attaching: Promise<Target> | undefined
  let target: Target | undefined
  /** Header of the latest request: events belong to it. */
  let parent: Json = {}

  const isOwn = (name: string) => !preloaded.includes(name) && !name.startsWith('__')

  // -- beginning and end -----------------------------------------------------------------------------------------------

  async function start(): Promise<Target> {
    const started = attach(inspector(), {
      cells,
      findGuards: language.findGuards,
      onStopped: stop => tell(stopped(stop)),
      onContinued: () => tell(continued()),
    })
    target = started
    await started.ready
    if (filters.length > 0) await started.setExceptionFilters(filters)
    for (const path of breakpoints.keys()) for (const cell of cells.runs(path)) await place(started, cell)
    return started
  }

  /** The debugged process; after one has died, the next. */
  async function attached(): Promise<Target> {
    if (!isStarted) throw new Error('the debugger is not started: send initialize first')
    attaching ??= start()
    return attaching
  }

  function detach(): void {
    target?.close()
    target = undefined
    attaching = undefined
  }

  /** Asks the process, also when nobody debugs it. */
  async function once<Result>(ask: (target: Target) => Promise<Result>): Promise<Result> {
    attaching ??= start()
    try {
      return await ask(await attaching)
    } finally {
      if (!isStarted) detach()
    }
  }

  function tell(message: Json): void {
    publish(message, parent)
  }

  // -- breakpoints -----------------------------------------------------------------------------------------------------

  async function place(to: Target, cell: Cell): Promise<(number | undefined)[]> {
    const list = await Promise.all(
      (breakpoints.get(cell.path) ?? []).map(async ({ line, condition }): Promise<Breakpoint> => {
        return { line: line - 1, ...(condition ? { condition: await compile(condition, cell) } : {}) }
      }),
    )
    return to.place(cell, list)
  }

  async function setBreakpoints({ source, breakpoints: wished = [] }: Arguments) {
    const to = await attached()
    const path = String(source?.path)
    const code = cells.source(path)
    if (code === undefined) {
      return { breakpoints: wished.map(() => ({ verified: false, message: 'breakpoints are for cells only' })) }
    }
    breakpoints.set(path, wished)
    const lines = code.split('\n').length
    let places: (number | undefined)[] = wished.map(({ line }: DAP.SourceBreakpoint) =>
      line >= 1 && line <= lines ? line - 1 : undefined,
    )
    for (const cell of cells.runs(path)) places = await place(to, cell)
    const set: DAP.Breakpoint[] = places.map(line =>
      line === undefined
        ? { verified: false, message: 'there is no code from this line on', source: { path } }
        : { verified: true, line: line + 1, source: { path } },
    )
    // A client that comes later is told where they are, not where they were wished.
    breakpoints.set(
      path,
      wished.map((breakpoint: DAP.SourceBreakpoint, index: number) => ({
        ...breakpoint,
        line: set[index]!.line ?? breakpoint.line,
      })),
    )
    return { breakpoints: set }
  }

  // -- values ----------------------------------------------------------------------------------------------------------

  /** JavaScript for what a user types, as code of a cell means it. */
  async function compile(code: string, cell?: Cell): Promise<string> {
    const names = cell ? await language.outermostNames(cells.source(cell.path)!) : []
    return toExpression(await language.transpile(code), names)
  }

  async function evaluateIn({ evaluate, frame }: Target, code: unknown, frameId: unknown) {
    const found = frame(frameId)
    return evaluate(await compile(String(code), found?.cell), found)
  }

  async function evaluate({ expression, frameId }: Arguments) {
    const asked = await attached()
    const value = await evaluateIn(asked, expression, frameId)
    const { value: result, type, variablesReference } = await asked.variables.describe('result', value)
    return { result, type, variablesReference }
  }

  async function richInspect({ variableName, frameId }: Arguments) {
    const data = await once(async target => target.variables.bundle(await evaluateIn(target, variableName, frameId)))
    return { data, metadata: {} }
  }

  async function copyToGlobals({ srcVariableName: from, dstVariableName: to, srcFrameId }: Arguments) {
    for (const name of [from, to]) {
      if (!/^[A-Za-z_$][\w$]*$/.test(name)) throw new Error(`"${name}" is not a variable's name`)
    }
    const { evaluate, frame, variables } = await attached()
    const value = await evaluate(`${CELL_VARIABLES}.${to} = ${from}`, frame(srcFrameId))
    await language.convert(`let ${to}: any`)
    await language.commit()
    const { value: text, type } = await variables.describe(to, value)
    return { value: text, type, variablesReference: 0 }
  }

  function source({ source }: Arguments) {
    const path = String(source?.path)
    const content = cells.source(path) ?? (existsSync(path) ? readFileSync(path, 'utf8') : undefined)
    if (content === undefined) throw new Error(`there is no source of ${path}`)
    return { content, mimeType: 'text/typescript' }
  }

  /** The files that the process has loaded, without Node's, packages' and the kernel's own. */
  function modules() {
    const paths = [...(target?.urls.values() ?? [])]
      .map(url => (url.startsWith('file://') ? fileURLToPath(url) : url))
      .filter(path => isAbsolute(path) && !path.includes(`${sep}node_modules${sep}`) && !path.startsWith(KERNEL))
    const modules = [...new Set(paths)].map((path, id) => ({ id, name: basename(path), path }))
    return { modules, totalModules: modules.length }
  }

  // -- commands --------------------------------------------------------------------------------------------------------

  const go = (step?: Step) => async () => {
    await (await attached()).go(step)
    return step ? {} : { allThreadsContinued: true }
  }

  const commands: Record<string, Answer> = {
    debugInfo: () => debugInfo(isStarted, target?.stop() !== undefined, breakpoints),
    initialize: async () => {
      isStarted = true
      await attached()
      return capabilities
    },
    attach: async () => {
      await attached()
      tell(event('initialized'))
      return {}
    },
    configurationDone: () => ({}),
    disconnect: () => {
      detach()
      isStarted = false
      breakpoints.clear()
      filters = []
      return { restart: false, terminateDebuggee: false }
    },
    terminate: () => {
      interrupt()
      return {}
    },
    dumpCell: ({ code }) => ({ sourcePath: cells.dump(String(code)) }),
    setBreakpoints,
    setExceptionBreakpoints: async ({ filters: wished = [] }) => {
      filters = wished.filter((filter: string) => filter === 'uncaught' || filter === 'all')
      await (await attached()).setExceptionFilters(filters)
      return {}
    },
    source,
    modules,
    threads: () => ({ threads: [{ id: THREAD, name: 'cells' }] }),
    stackTrace: async () => {
      const frames = (await attached()).stop()?.frames ?? []
      return { stackFrames: frames.map(stackFrame), totalFrames: frames.length }
    },
    scopes: async ({ frameId }) => ({ scopes: cellScopes(await attached(), frameId, cells, isOwn) }),
    variables: async ({ variablesReference }) => ({
      variables: await (await attached()).variables.list(variablesReference),
    }),
    inspectVariables: async () => ({ variables: await once(({ globals }) => globals(isOwn)) }),
    richInspectVariables: richInspect,
    evaluate,
    copyToGlobals,
    continue: go(),
    next: go('stepOver'),
    stepIn: go('stepInto'),
    stepOut: go('stepOut'),
    pause: async () => {
      await (await attached()).pause()
      return {}
    },
  }

  return {
    /**
     * @param content of a debug_request
     * @param header of the request
     */
    async answer(content: Json, header: Json): Promise<Json> {
      parent = header
      const request = content as unknown as DAP.Request
      const command = Object.hasOwn(commands, request.command) ? commands[request.command] : undefined
      if (!command) return { ...fail(request, `the debugger does not know the command "${request.command}"`) }
      try {
        return { ...succeed(request, await command(request.arguments ?? {})) }
      } catch (error) {
        return { ...fail(request, (error as Error).message) }
      }
    },
    /** Before a cell runs: it becomes known, and its breakpoints are set. */
    async beforeCell(name: string, code: string, script: Script): Promise<void> {
      const cell = cells.add(name, code, script)
      if (!isStarted) return
      const to = await attached()
      await to.admit()
      await place(to, cell)
    },
    /** Code that is stopped goes on: what waits in a breakpoint cannot be interrupted. */
    async release(): Promise<void> {
      await target?.release().catch(() => {})
    },
    /** The execution process ended; the next one is debugged from the next request or cell on. */
    restart(): void {
      if (target?.stop()) tell(continued())
      detach()
      cells.forgetRuns()
    },
  }
}

export type Debugger = ReturnType<typeof createDebugger>
