// Reads the fields of a message's content, which anybody may have written. All throw a TypeError that names the field.
import type { Json } from './message.js'

export const required = {
  string: (content: Json, field: string): string => check(content[field], field, 'a string', isString),
}

/** These give undefined for a field that is not there, or null. */
export const optional = {
  string: (content: Json, field: string) => checkIfThere(content[field], field, 'a string', isString),
  number: (content: Json, field: string) => checkIfThere(content[field], field, 'a number', isNumber),
  object: (content: Json, field: string) => checkIfThere(content[field], field, 'an object', isObject),
}

const isString = (value: unknown) => typeof value === 'string'
const isNumber = (value: unknown) => typeof value === 'number'

export const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function check<T>(value: unknown, field: string, wanted: string, is: (value: unknown) => value is T): T {
  if (is(value)) return value
  throw new TypeError(`"${field}" must be ${wanted}, not ${value === undefined ? 'missing' : JSON.stringify(value)}`)
}

function checkIfThere<T>(value: unknown, ...rest: [string, string, (value: unknown) => value is T]): T | undefined {
  return value === undefined || value === null ? undefined : check(value, ...rest)
}
