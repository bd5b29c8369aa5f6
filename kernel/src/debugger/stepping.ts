// Whether a user is told that the process has stopped, or it goes on by itself until it is where a user wants it.
import type { Debugger } from 'node:inspector'

export type Step = 'stepOver' | 'stepInto' | 'stepOut'
/** What the user asked for last, and has not got yet. */
export type Wanted = Step | 'pause'
export type Next = 'tell' | 'resume' | Step

/** Where a function on the stack is: at a line of a cell, at its statement `debugger`, in what conversion adds, … */
export type Where = 'cell' | 'debugger' | 'conversion' | 'hook' | 'elsewhere'

/** After any stop but that of an exception. */
export function afterPause(
  { callFrames, hitBreakpoints }: Debugger.PausedEventDataType,
  wanted: Wanted | undefined,
  whereIs: (callFrame: Debugger.CallFrame) => Where,
): Next {
  const stack = callFrames.map(whereIs)
  const isInCell = stack.some(where => where === 'cell' || where === 'debugger')
  if (hitBreakpoints?.length) return isInCell ? 'tell' : 'resume'
  if (wanted === 'pause') return isInCell ? 'tell' : 'stepInto'
  const [where] = stack
  if (where === 'debugger') return 'tell'
  // A step off the end of a cell may last until the next one begins, which nobody wants to see.
  if (!wanted) return 'resume'
  if (where === 'cell') return 'tell'
  if (where === 'conversion') return 'stepOver'
  // Node's own scripts cannot be passed over. Its hooks run between an `await` and what comes after it.
  return where === 'hook' || isInCell || stack.includes('conversion') ? 'stepOut' : 'resume'
}

export function reasonOf({ hitBreakpoints }: Debugger.PausedEventDataType, wanted: Wanted | undefined) {
  if (hitBreakpoints?.length || !wanted) return 'breakpoint'
  return wanted === 'pause' ? 'pause' : 'step'
}
