// A record, map or array of tensors, such as a network's weights, as a short table.
import type { Json } from '../protocol/message.js'
import { byteCount, htmlGrid, textGrid, wholeNumber } from './html.js'
import { isPlain } from './table.js'
import { bytesOf, isTensor, sizeOf, type Tensor } from './tensorLike.js'

/** Of more, the first and the last ones are shown. */
const MOST_ROWS = 24
const LAST_ROWS = 4

export function tensorsBundle(value: object): Json | undefined {
  const entries = entriesOf(value)
  if (!entries?.every(([, tensor]) => isTensor(tensor))) return undefined
  const tensors = entries as [unknown, Tensor][]
  const rows = tensors.map(([name, tensor]) => [
    String(name),
    `[${tensor.shape.join(', ')}]`,
    tensor.dtype,
    wholeNumber(sizeOf(tensor)),
    byteCount(bytesOf(tensor) ?? 0),
  ])
  const hidden = rows.length > MOST_ROWS ? rows.length - MOST_ROWS : 0
  const shown =
    hidden === 0 ? rows : [...rows.slice(0, MOST_ROWS - LAST_ROWS), ['…', '', '', '', ''], ...rows.slice(-LAST_ROWS)]
  const sum = (of: (tensor: Tensor) => number) => tensors.reduce((total, [, tensor]) => total + of(tensor), 0)
  const count = `${wholeNumber(tensors.length)} ${tensors.length === 1 ? 'tensor' : 'tensors'}`
  const total = `${count}, ${wholeNumber(sum(sizeOf))} values, ${byteCount(sum(t => bytesOf(t) ?? 0))}`
  const grid = {
    columns: [Array.isArray(value) ? 'index' : 'name', 'shape', 'dtype', 'values', 'bytes'],
    rows: shown,
    numeric: [false, false, false, true, true],
    note: hidden === 0 ? total : `${total}; ${wholeNumber(hidden)} not shown`,
  }
  return { 'text/html': htmlGrid(grid), 'text/plain': textGrid(grid) }
}

/** The entries of what begins with a tensor. */
function entriesOf(value: object): [unknown, unknown][] | undefined {
  if (value instanceof Map) return isTensor(value.values().next().value) ? [...value] : undefined
  if (!Array.isArray(value) && !isPlain(value)) return undefined
  for (const key in value) return isTensor((value as Record<string, unknown>)[key]) ? Object.entries(value) : undefined
  return undefined
}
