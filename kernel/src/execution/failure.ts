// An error as Jupyter shows it: name, message, traceback without the kernel's own frames.
import { inspect } from 'node:util'
import { mapStackLine } from './positions.js'
import type { Failure } from './protocol.js'

const RED = '\u001b[31m'
const PLAIN = '\u001b[39m'

/** Frames from here on are the kernel's own, not the user's. */
const OWN_FRAME = /node:vm|kernel[\\/]dist[\\/]execution|node:internal[\\/](process|timers)/

export function toFailure(error: unknown): Failure {
  if (isInterrupt(error)) return interrupted()
  if (!(error instanceof Error)) {
    const evalue = inspect(error)
    return { ename: 'Thrown', evalue, traceback: [`${RED}Thrown${PLAIN}: ${evalue}`] }
  }
  const traceback = [`${RED}${error.name}${PLAIN}: ${error.message}`, ...stackLines(error)]
  for (let cause = error.cause; cause !== undefined; cause = cause instanceof Error ? cause.cause : undefined) {
    traceback.push(`caused by ${cause instanceof Error ? `${cause.name}: ${cause.message}` : inspect(cause)}`)
    if (cause instanceof Error) traceback.push(...stackLines(cause))
  }
  for (const one of error instanceof AggregateError ? error.errors : []) {
    traceback.push(`with ${one instanceof Error ? `${one.name}: ${one.message}` : inspect(one)}`)
    if (one instanceof Error) traceback.push(...stackLines(one))
  }
  return { ename: error.name, evalue: error.message, traceback }
}

function stackLines(error: Error): string[] {
  const lines = (error.stack ?? '').split('\n').filter(line => /^\s+at /.test(line))
  const own = lines.findIndex(line => OWN_FRAME.test(line))
  return (own < 0 ? lines : lines.slice(0, own)).flatMap(line => mapStackLine(line) ?? [])
}

export function interrupted(): Failure {
  const evalue = 'the cell was interrupted; variables are kept'
  return { ename: 'Interrupted', evalue, traceback: [`${RED}Interrupted${PLAIN}: ${evalue}`] }
}

/** Why a cell's signal is aborted when it is interrupted. */
export const interruption = new DOMException('the cell was interrupted', 'AbortError')

/** Whether it comes from code that heeds the signal. */
export const isInterrupt = (error: unknown): boolean => error === interruption
