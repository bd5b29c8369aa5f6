/** Arguments and results of jitted functions: nested arrays and records with tensors as leaves. */
import { tf } from './backend.js'

const isTensor = (value: unknown): value is tf.Tensor => value instanceof tf.Tensor

/** Arrays and plain records are walked through; everything else is a leaf. */
function isRecord(value: object): value is Record<string, unknown> {
  const prototype = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

/** The same structure with every tensor replaced. Values that hold no tensor come through as they are. */
export function mapTensors(value: unknown, replace: (tensor: tf.Tensor) => tf.Tensor): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (isTensor(value)) return replace(value)
  if (Array.isArray(value)) return value.map(item => mapTensors(item, replace))
  if (!isRecord(value)) return value
  const copy: Record<string, unknown> = {}
  for (const name in value) copy[name] = mapTensors(value[name], replace)
  return copy
}

const identities = new WeakMap<object, number>()
let nextIdentity = 0

/** Functions and objects of classes are the same value only when they are the same object. */
function identity(value: object): number {
  let number = identities.get(value)
  if (number === undefined) {
    number = nextIdentity++
    identities.set(value, number)
  }
  return number
}

/**
 * Collects the tensors in order and gives a key: equal keys mean the same structure, the same shapes and data types,
 * and the same values of everything that is not a tensor.
 */
export function flatten(value: unknown, tensors: tf.Tensor[]): string {
  const parts: string[] = []
  walk(value, tensors, parts)
  return parts.join('')
}

function walk(value: unknown, tensors: tf.Tensor[], parts: string[]): void {
  if (typeof value !== 'object' || value === null) {
    if (typeof value === 'function') parts.push('f', String(identity(value)), ';')
    else if (typeof value === 'string') parts.push(JSON.stringify(value), ';')
    else parts.push(Object.is(value, -0) ? '-0' : String(value), typeof value === 'bigint' ? 'n;' : ';')
  } else if (isTensor(value)) {
    tensors.push(value)
    parts.push('T', value.dtype, '[', value.shape.join(), '];')
  } else if (Array.isArray(value)) {
    parts.push('[')
    for (const item of value) walk(item, tensors, parts)
    parts.push(']')
  } else if (ArrayBuffer.isView(value)) {
    parts.push(value.constructor.name, '(', String(value), ');')
  } else if (isRecord(value)) {
    parts.push('{')
    for (const name in value) {
      parts.push(JSON.stringify(name), ':')
      walk(value[name], tensors, parts)
    }
    parts.push('}')
  } else parts.push('o', String(identity(value)), ';')
}
