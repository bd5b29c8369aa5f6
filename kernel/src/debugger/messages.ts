// The Debug Adapter Protocol's messages as Jupyter carries them: in debug_request, debug_reply and debug_event.
import type { DebugProtocol as DAP } from '@vscode/debugprotocol'
import type { Json } from '../protocol/message.js'
import { HASH_SEED, PATH_PREFIX, PATH_SUFFIX } from './cells.js'
import type { Frame, Stop } from './target.js'

/** Cells run on one thread. */
export const THREAD = 1

let sent = 0

export function succeed(request: DAP.Request, body: unknown): DAP.Response {
  const { seq: request_seq, command } = request
  return { type: 'response', seq: ++sent, request_seq, command, success: true, body }
}

export function fail(request: DAP.Request, message: string): DAP.Response {
  const { seq: request_seq, command } = request
  return { type: 'response', seq: ++sent, request_seq, command, success: false, message, body: {} }
}

export function event(name: string, body: Json = {}): Json {
  return { type: 'event', seq: ++sent, event: name, body }
}

export const stopped = ({ reason, text }: Stop): Json =>
  event('stopped', {
    reason,
    threadId: THREAD,
    allThreadsStopped: true,
    ...(text === undefined ? {} : { description: text, text }),
  })

export const continued = (): Json => event('continued', { threadId: THREAD, allThreadsContinued: true })

export const capabilities: DAP.Capabilities = {
  supportsConfigurationDoneRequest: true,
  supportsConditionalBreakpoints: true,
  supportsEvaluateForHovers: true,
  supportsModulesRequest: true,
  supportsTerminateRequest: true,
  exceptionBreakpointFilters: [
    { filter: 'uncaught', label: 'Uncaught exceptions', description: 'Stops at an error that no cell catches' },
    { filter: 'all', label: 'All exceptions', description: 'Stops also at errors that a cell throws and catches' },
  ],
}

/** What Jupyter adds to the protocol, so that a client that comes later finds its place. */
export const debugInfo = (
  isStarted: boolean,
  isStopped: boolean,
  breakpoints: Map<string, DAP.SourceBreakpoint[]>,
) => ({
  isStarted,
  hashMethod: 'Murmur2',
  hashSeed: HASH_SEED,
  tmpFilePrefix: PATH_PREFIX,
  tmpFileSuffix: PATH_SUFFIX,
  breakpoints: [...breakpoints].map(([source, list]) => ({ source, breakpoints: list })),
  stoppedThreads: isStopped ? [THREAD] : [],
  richRendering: true,
  exceptionPaths: [],
  copyToGlobals: true,
})

export const stackFrame = ({ id, name, cell, position }: Frame): DAP.StackFrame => ({
  id,
  name,
  source: { name: cell.name, path: cell.path },
  line: position.line + 1,
  column: position.column + 1,
})
