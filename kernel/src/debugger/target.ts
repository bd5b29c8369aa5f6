// The debugged process: breakpoints, stops and steps in the Chrome DevTools Protocol, in terms of cells. Whatever is
// not a cell's code, ours or a library's, is passed over: nothing stops in it and its calls are not shown.
import type { Debugger, Runtime } from 'node:inspector'
import type { Duplex } from 'node:stream'
import type { DebugProtocol as DAP } from '@vscode/debugprotocol'
import type { Guard } from '../language/guards.js'
import type { Cell, Cells } from './cells.js'
import { createCatchFinder } from './exceptions.js'
import { cellVariables, withCellVariables } from './inside.js'
import { connectInspector } from './inspector.js'
import type { Position } from './positions.js'
import { afterPause, type Next, reasonOf, type Step, type Wanted, type Where } from './stepping.js'
import { createVariables, OBJECT_GROUP, type Variables } from './variables.js'

export type ExceptionFilter = 'uncaught' | 'all'
/** A function of a cell that is being run; lines and columns count from 0. */
export interface Frame {
  id: number
  name: string
  cell: Cell
  position: Position
  callFrameId: string
  scopes: Debugger.Scope[]
  self: Runtime.RemoteObject
  /** Whether it is the cell itself, not a function in it. */
  isOutermost: boolean
}

export interface Stop {
  reason: 'breakpoint' | 'step' | 'pause' | 'exception'
  /** Of an exception: its name and message. */
  text?: string
  /** Innermost first; at least one. */
  frames: Frame[]
}

export interface Breakpoint {
  /** From 0, in the cell. */
  line: number
  /** JavaScript, an expression; in it the variables of all cells are known. */
  condition?: string
}

export interface TargetOptions {
  cells: Cells
  findGuards(code: string): Promise<Guard[]>
  onStopped(stop: Stop): void
  onContinued(): void
}

/** URLs of files, of Node's own scripts and of pages: whatever is not `cell[3]`. */
const ALL_BUT_CELLS = '[./:\\\\]'
type Evaluated = Runtime.EvaluateReturnType

const HELPER = `globalThis[Symbol.for('adt.debugger')]`

export function attach(pipe: Duplex, { cells, findGuards, onStopped, onContinued }: TargetOptions) {
  const { post, close } = connectInspector(pipe, onTold)
  const variables = createVariables(post)
  const isCaught = createCatchFinder(post, findGuards)
  const urls = new Map<string, string>()
  /** The inspector's names of the breakpoints, by cell. */
  const placed = new Map<string, string[]>()
  let filters: ExceptionFilter[] = []
  let stop: Stop | undefined
  let wanted: Wanted | undefined
  let frames = 0
  /** All is over: the code that is stopped only has to end. */
  let skipping = false

  const ready = Promise.all([
    post('Debugger.enable'),
    post('Debugger.setBlackboxPatterns', { patterns: [ALL_BUT_CELLS] }),
    post('Runtime.evaluate', {
      expression: `Object.defineProperty(globalThis, Symbol.for('adt.debugger'), { configurable: true, value: ${withCellVariables} })`,
    }),
  ])

  // -- stops ---------------------------------------------------------------------------------------------------------

  function onTold(method: string, params: unknown): void {
    if (method === 'Debugger.scriptParsed') {
      const { scriptId, url } = params as Debugger.ScriptParsedEventDataType
      urls.set(scriptId, url)
    }
    if (method === 'Debugger.paused') {
      onPaused(params as Debugger.PausedEventDataType)
        .catch(resume)
        // The process has died meanwhile: the kernel tells of it.
        .catch(() => {})
    }
    if (method === 'Debugger.resumed' && stop) {
      stop = undefined
      variables.clear()
      onContinued()
    }
  }

  async function onPaused(paused: Debugger.PausedEventDataType): Promise<void> {
    const { reason, data, callFrames } = paused
    // The latter: one thrown in an async function.
    const isException = reason === 'exception' || reason === 'promiseRejection'
    const next = isException ? await afterException(callFrames) : afterPause(paused, wanted, whereIs)
    // It may have been interrupted meanwhile.
    if (skipping || next === 'resume') return resume()
    if (next !== 'tell') return go(next)
    const found = callFrames.flatMap(callFrame => toFrame(callFrame) ?? [])
    const { description, value } = (data ?? {}) as Runtime.RemoteObject
    stop = isException
      ? { reason: 'exception', text: description?.split('\n')[0] ?? String(value), frames: found }
      : { reason: reasonOf(paused, wanted), frames: found }
    wanted = undefined
    onStopped(stop)
  }

  async function afterException(callFrames: Debugger.CallFrame[]): Promise<Next> {
    const outermost = callFrames.findLastIndex(frame => toFrame(frame))
    const isThrownByCell = toFrame(callFrames[0]!) !== undefined
    if (outermost >= 0 && filters.includes('all') && isThrownByCell) return 'tell'
    if (outermost >= 0 && !(await isCaught(callFrames.slice(0, outermost + 1)))) return 'tell'
    // A step goes on, past the throw.
    return wanted && wanted !== 'pause' ? 'stepOver' : 'resume'
  }

  function whereIs(callFrame: Debugger.CallFrame): Where {
    const url = urlOf(callFrame)
    if (url === 'node:internal/async_hooks') return 'hook'
    const cell = cells.named(url)
    if (!cell) return 'elsewhere'
    const frame = toFrame(callFrame)
    if (!frame) return 'conversion'
    const line = cells.source(cell.path)?.split('\n')[frame.position.line] ?? ''
    return line.startsWith('debugger', frame.position.column) ? 'debugger' : 'cell'
  }

  const urlOf = ({ location }: Debugger.CallFrame) => urls.get(location.scriptId) ?? ''

  function toFrame(callFrame: Debugger.CallFrame): Frame | undefined {
    const { location, functionName, functionLocation, callFrameId, scopeChain: scopes, this: self } = callFrame
    const cell = cells.named(urlOf(callFrame))
    const position = cell?.positions().toCell(location.lineNumber, location.columnNumber ?? 0)
    if (!cell || !position) return undefined
    // The function that is made of a cell begins before the cell's first line.
    const isOutermost = functionLocation?.lineNumber === 0
    return {
      id: ++frames,
      name: isOutermost ? cell.name : functionName || '(anonymous)',
      cell,
      position,
      callFrameId,
      scopes,
      self,
      isOutermost,
    }
  }

  async function resume(): Promise<void> {
    // What a library throws is to be seen, should a cell let it pass; while stepping, libraries are passed over.
    await post('Debugger.setBlackboxPatterns', { patterns: filters.length > 0 ? [] : [ALL_BUT_CELLS] })
    await post('Debugger.resume')
  }

  async function go(step: Step): Promise<void> {
    await post('Debugger.setBlackboxPatterns', { patterns: [ALL_BUT_CELLS] })
    await post(`Debugger.${step}`)
  }

  // -- breakpoints ---------------------------------------------------------------------------------------------------

  /** Sets the breakpoints of a cell, instead of those that it had. @returns the lines where they are; undefined: none */
  async function place(cell: Cell, breakpoints: Breakpoint[]): Promise<(number | undefined)[]> {
    const old = placed.get(cell.name) ?? []
    const names: string[] = []
    placed.set(cell.name, names)
    await Promise.all(old.map(breakpointId => post('Debugger.removeBreakpoint', { breakpointId })))
    const lines: (number | undefined)[] = []
    for (const { line, condition } of breakpoints) {
      const place = cell.positions().toScript(line)
      if (place && !lines.includes(place.line)) {
        const { breakpointId } = await post<Debugger.SetBreakpointByUrlReturnType>('Debugger.setBreakpointByUrl', {
          url: cell.name,
          lineNumber: place.script.line,
          columnNumber: place.script.column,
          ...(condition ? { condition: `${HELPER}(() => ${condition})` } : {}),
        })
        names.push(breakpointId)
      }
      lines.push(place?.line)
    }
    return lines
  }

  // -- looking at values ---------------------------------------------------------------------------------------------

  /**
   * @param javascript an expression; in it the variables of all cells are known, and those that the frame sees
   * @throws Error with the message of what the code throws
   */
  async function evaluate(javascript: string, frame?: Frame): Promise<Runtime.RemoteObject> {
    const options = { expression: `${HELPER}(() => ${javascript})`, objectGroup: OBJECT_GROUP, silent: true }
    const answer = frame
      ? post<Evaluated>('Debugger.evaluateOnCallFrame', { ...options, callFrameId: frame.callFrameId })
      : post<Evaluated>('Runtime.evaluate', options)
    return valueIn(await answer)
  }

  /** @param accept which names to list */
  async function globals(accept: (name: string) => boolean): Promise<DAP.Variable[]> {
    const expression = `(${cellVariables})()`
    const all = await post<Evaluated>('Runtime.evaluate', { expression, objectGroup: OBJECT_GROUP })
    return variables.members(valueIn(all).objectId!, accept)
  }

  return {
    /** Resolves when everything is set. */
    ready,
    variables: variables as Variables,
    place,
    evaluate,
    globals,
    urls,
    stop: () => stop,
    frame: (id: unknown) => stop?.frames.find(frame => frame.id === id),
    async setExceptionFilters(wished: ExceptionFilter[]): Promise<void> {
      filters = wished
      await post('Debugger.setPauseOnExceptions', { state: wished.length > 0 ? 'all' : 'none' })
      if (!stop) await post('Debugger.setBlackboxPatterns', { patterns: wished.length > 0 ? [] : [ALL_BUT_CELLS] })
    },
    /** @throws Error when nothing is stopped */
    async go(step: Step | undefined): Promise<void> {
      if (!stop) throw new Error('nothing is stopped')
      wanted = step
      await (step ? go(step) : resume())
    },
    async pause(): Promise<void> {
      wanted = 'pause'
      await post('Debugger.pause')
    },
    /** Lets stopped code go on and stops no more, until `admit`. @returns once it goes on */
    async release(): Promise<void> {
      skipping = true
      const skipped = post('Debugger.setSkipAllPauses', { skip: true })
      if (!stop) return void skipped.catch(() => {})
      await skipped
      await post('Debugger.resume')
    },
    /** A cell is about to run. */
    async admit(): Promise<void> {
      if (!stop) wanted = undefined
      if (!skipping) return
      skipping = false
      await post('Debugger.setSkipAllPauses', { skip: false })
    },
    close(): void {
      post('Runtime.evaluate', { expression: `delete ${HELPER}` }).catch(() => {})
      close()
    },
  }
}

function valueIn({ result, exceptionDetails }: Evaluated): Runtime.RemoteObject {
  if (!exceptionDetails) return result
  const { description, value } = exceptionDetails.exception ?? {}
  throw new Error(description?.split('\n')[0] ?? String(value))
}

export type Target = ReturnType<typeof attach>
