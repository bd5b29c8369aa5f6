// Errors as values: as a cell that throws them shows them, with their causes and in lines of the cells.
import { inspect } from 'node:util'
import { toFailure } from '../execution/failure.js'
import type { Json } from '../protocol/message.js'

export function errorBundle(value: object): Json | undefined {
  if (!(value instanceof Error) || inspect.custom in value) return undefined
  return { 'text/plain': toFailure(value).traceback.join('\n') }
}
