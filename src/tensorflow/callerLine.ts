/** Where in the user's own code we are. */

import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))

/** ` at FILE:LINE:COLUMN` of the innermost frame outside this folder, TF.js and Node, or '' when there is none. */
export function callerLine(): string {
  const limit = Error.stackTraceLimit
  Error.stackTraceLimit = 100
  const { stack = '' } = new Error()
  Error.stackTraceLimit = limit
  const frame = stack
    .split('\n')
    .slice(1)
    .find(
      line =>
        !/node_modules|\/tfjs-\w+\/src\//.test(line) &&
        !line.includes(here) &&
        !line.includes('node:') &&
        line.includes(':'),
    )
  const place = frame?.match(/\(?((?:file:\/\/)?[^\s()]+:\d+:\d+)\)?$/)?.[1]
  return place ? ` at ${place}` : ''
}
