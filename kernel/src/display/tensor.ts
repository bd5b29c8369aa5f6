// Tensors of TensorFlow.js, of whichever copy of it: shape, type, bytes, statistics, and a picture where the numbers
// look like one. Computed where the tensor is; what is fetched is a few numbers and a small picture.
import { inspect } from 'node:util'
import type { Json } from '../protocol/message.js'
import { byteCount, escapeHtml, htmlGrid, shortNumber, textGrid, wholeNumber } from './html.js'
import { previewOf } from './preview.js'
import { type Statistics, statisticsOf } from './statistics.js'
import { bytesOf, isTensor, sizeOf, type Tensor } from './tensorLike.js'

/** So many values are shown as they are, by shape; of more, the first ones. */
const MOST_VALUES = 64
const FIRST_VALUES = 8

const headOf = ({ dtype, shape }: Pick<Tensor, 'dtype' | 'shape'>): string => `Tensor ${dtype} [${shape.join(', ')}]`

export async function tensorBundle(value: object): Promise<Json | undefined> {
  if (!isTensor(value)) return undefined
  if (value.isDisposed) return { 'text/plain': `${headOf(value)}, disposed` }
  const bytes = bytesOf(value)
  const head = [headOf(value), ...(bytes === undefined ? [] : [byteCount(bytes)])].join(', ')
  try {
    return await describe(value, head)
  } catch (error) {
    // No reason to fail the cell: the device may be full.
    return { 'text/plain': `${head}\n(its values could not be looked at: ${(error as Error).message})` }
  }
}

async function describe(tensor: Tensor, head: string): Promise<Json> {
  if (sizeOf(tensor) === 0) return { 'text/plain': `${head}\nempty` }
  const statistics = await statisticsOf(tensor)
  const preview = statistics && (await previewOf(tensor, statistics))
  const values = await valuesOf(tensor)
  const grid = statistics && gridOf(statistics)
  const text = [head, ...(grid ? [textGrid(grid)] : []), ...(preview ? [preview.text] : []), values].join('\n')
  if (!grid) return { 'text/plain': text }
  const html = [
    `<p>${escapeHtml(head)}</p>`,
    htmlGrid(grid),
    ...(preview ? [pictureOf(preview)] : []),
    `<pre>${escapeHtml(values)}</pre>`,
  ].join('\n')
  return { 'text/html': html, 'text/plain': text }
}

function pictureOf({ png, text, width }: { png: Uint8Array; text: string; width: number }): string {
  const source = `data:image/png;base64,${Buffer.from(png).toString('base64')}`
  const words = escapeHtml(text)
  return `<p><img src="${source}" width="${width}" alt="${words}"/><br/>${words}</p>`
}

function gridOf({ min, mean, max, std, nan, infinite, of, size }: Statistics) {
  const columns = ['min', 'mean', 'max', 'std', 'NaN', ...(infinite > 0 ? ['±∞'] : [])]
  return {
    columns,
    rows: [[...[min, mean, max, std].map(shortNumber), ...[nan, infinite].map(wholeNumber)].slice(0, columns.length)],
    numeric: columns.map(() => true),
    ...(of < size ? { note: `of the first ${wholeNumber(of)} of ${wholeNumber(size)} values` } : {}),
  }
}

async function valuesOf(tensor: Tensor): Promise<string> {
  const size = sizeOf(tensor)
  const whole = size <= MOST_VALUES
  const fetched = Array.from(await firstValues(tensor, whole ? size : FIRST_VALUES))
  const texts = fetched.map(x => (typeof x === 'number' ? shortNumber(x) : inspect(x)))
  if (!whole) return `first ${FIRST_VALUES} of ${wholeNumber(size)} values: ${texts.join(', ')}, …`
  return nested(texts, tensor.dtype === 'complex64' ? [...tensor.shape, 2] : tensor.shape)
}

async function firstValues(tensor: Tensor, count: number): Promise<ArrayLike<number | string>> {
  if (count === sizeOf(tensor)) return tensor.data()
  const { reshape } = tensor as unknown as { reshape?(shape: number[]): Tensor }
  if (!reshape) return []
  const flat = reshape.call(tensor, [-1])
  const first = (flat as unknown as { slice(start: number, size: number): Tensor }).slice(0, count)
  try {
    return await first.data()
  } finally {
    flat.dispose()
    first.dispose()
  }
}

/** Values in brackets, by shape; rows of a matrix under one another. */
function nested(texts: string[], shape: readonly number[]): string {
  if (shape.length === 0) return texts[0]!
  if (shape.length === 1) return `[${texts.join(', ')}]`
  const [length, ...rest] = shape as [number, ...number[]]
  const each = texts.length / length
  const parts = Array.from({ length }, (_, i) => nested(texts.slice(i * each, (i + 1) * each), rest))
  return `[${parts.join(',\n').replaceAll('\n', '\n ')}]`
}

/** Lets tensors of a library print as type and shape: their values may be gigabytes on a GPU. */
export function describeTensors(library: unknown): void {
  const { Tensor } = (library ?? {}) as { Tensor?: { prototype?: object } }
  if (!Tensor?.prototype || inspect.custom in Tensor.prototype) return
  Object.defineProperty(Tensor.prototype, inspect.custom, {
    value(this: Tensor) {
      return headOf(this)
    },
  })
}
