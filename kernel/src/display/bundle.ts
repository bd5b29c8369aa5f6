// Which way a value is shown: the first that knows it.
import { inspect } from 'node:util'
import type { Bundle } from '../execution/protocol.js'
import type { Json } from '../protocol/message.js'
import { checkBundle } from './encode.js'
import { errorBundle } from './error.js'
import { figureBundle } from './figure.js'
import { imageBundle } from './image.js'
import { tableBundle } from './table.js'
import { tensorBundle } from './tensor.js'
import { tensorsBundle } from './tensors.js'

const DISPLAY = Symbol.for('Jupyter.display')

/** A text beyond this says little more and makes a notebook slow, in characters. */
const LONGEST_TEXT = 100_000

/** Each gives a bundle for the values that it knows; all look at no more than a few properties to see that. */
const WAYS = [imageBundle, figureBundle, tensorBundle, tensorsBundle, tableBundle, errorBundle]

export async function toBundle(value: unknown): Promise<Bundle> {
  return { data: checkBundle(await rawBundle(value)), metadata: {} }
}

async function rawBundle(value: unknown): Promise<Json> {
  if (typeof value !== 'object' && typeof value !== 'function') return { 'text/plain': textOf(value) }
  const own = (value as { [DISPLAY]?: unknown } | null)?.[DISPLAY]
  if (typeof own === 'function') return (await own.call(value)) as Json
  if (typeof value === 'object' && value !== null) {
    for (const way of WAYS) {
      const bundle = await way(value)
      if (bundle) return bundle
    }
  }
  return { 'text/plain': textOf(value) }
}

function textOf(value: unknown): string {
  const text = inspect(value)
  if (text.length <= LONGEST_TEXT) return text
  return `${text.slice(0, LONGEST_TEXT)}\n… ${text.length - LONGEST_TEXT} more characters`
}
