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
import { createVariables, OBJECT_GROUP, type Variables } from './variables.js'

export type ExceptionFilter = 'uncaught' | 'all'
export type Step = 'stepOver' | 'stepInto' | 'stepOut'

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
  let wanted: Step | 'pause' | undefined
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

  async function onPaused({ reason, data, callFrames, hitBreakpoints }: Debugger.PausedEventDataType): Promise<void> {
    if (skipping) return resume()
    const step = wanted
    const found = callFrames.flatMap(callFrame => toFrame(callFrame) ?? [])
    if (reason === 'exception' || reason === 'promiseRejection') {
      if (!(await countsAsException(reason, callFrames))) return step && step !== 'pause' ? go('stepOver') : resume()
    } else if (!hitBreakpoints?.length && !toFrame(callFrames[0]!) && step !== 'pause') {
      // Between two lines of a cell there are statements of the conversion. Node's own scripts cannot be passed over:
      // their hooks run between an `await` and what comes after it.
      if (isInCell(callFrames[0]!)) return go('stepOver')
      return callFrames.some(isInCell) || isHook(callFrames[0]!) ? go('stepOut') : resume()
    }
    if (found.length === 0) return step === 'pause' ? go('stepInto') : resume()
    // A step off the end of a cell may last until the next one begins, which nobody wants to see.
    if (!step && !hitBreakpoints?.length && reason === 'other' && !isStatement(found[0]!, 'debugger')) return resume()
    // It may have been interrupted meanwhile.
    if (skipping) return resume()
    wanted = undefined
    const { description, value } = (data ?? {}) as Runtime.RemoteObject
    stop =
      reason === 'exception'
        ? { reason, text: description?.split('\n')[0] ?? String(value), frames: found }
        : {
            reason: hitBreakpoints?.length || !step ? 'breakpoint' : step === 'pause' ? 'pause' : 'step',
            frames: found,
          }
    onStopped(stop)
  }

  async function countsAsException(reason: string, callFrames: Debugger.CallFrame[]): Promise<boolean> {
    if (reason !== 'exception') return false
    const outermost = callFrames.findLastIndex(frame => toFrame(frame))
    if (outermost < 0) return false
    if (filters.includes('all') && toFrame(callFrames[0]!)) return true
    return !(await isCaught(callFrames.slice(0, outermost + 1)))
  }

  const urlOf = ({ location }: Debugger.CallFrame) => urls.get(location.scriptId) ?? ''
  const isInCell = (callFrame: Debugger.CallFrame) => cells.named(urlOf(callFrame)) !== undefined
  const isHook = (callFrame: Debugger.CallFrame) => urlOf(callFrame) === 'node:internal/async_hooks'

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

  function isStatement({ cell, position }: Frame, word: string): boolean {
    const line = cells.source(cell.path)?.split('\n')[position.line] ?? ''
    return line.startsWith(word, position.column)
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
    const { result, exceptionDetails } = frame
      ? await post<Debugger.EvaluateOnCallFrameReturnType>('Debugger.evaluateOnCallFrame', {
          ...options,
          callFrameId: frame.callFrameId,
        })
      : await post<Runtime.EvaluateReturnType>('Runtime.evaluate', options)
    if (exceptionDetails) {
      const { description, value } = exceptionDetails.exception ?? {}
      throw new Error(description?.split('\n')[0] ?? String(value))
    }
    return result
  }

  /** @param accept which names to list */
  async function globals(accept: (name: string) => boolean): Promise<DAP.Variable[]> {
    const { result } = await post<Runtime.EvaluateReturnType>('Runtime.evaluate', {
      expression: `(${cellVariables})()`,
      objectGroup: OBJECT_GROUP,
    })
    return variables.members(result.objectId!, accept)
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

export type Target = ReturnType<typeof attach>
