/** Strings: splitting, n-grams and hashing by TensorFlow; order by code point on the host, for TensorFlow has none. */
import { backend_util, type Tensor, type TensorInfo, tensor } from '@tensorflow/tfjs-core'
import { flag, int, kernel, text, type } from './execute.js'

export const StringNGrams = kernel<
  { data: TensorInfo; dataSplits: TensorInfo },
  {
    separator: string
    nGramWidths: number[]
    leftPad: string
    rightPad: string
    padWidth: number
    preserveShortSequences: boolean
  }
>(({ inputs: { data, dataSplits }, attrs, run }) => {
  const attributes = [
    text('separator', attrs.separator),
    int('ngram_widths', attrs.nGramWidths),
    text('left_pad', attrs.leftPad),
    text('right_pad', attrs.rightPad),
    int('pad_width', attrs.padWidth),
    flag('preserve_short_sequences', attrs.preserveShortSequences),
    type('Tsplits', 'int32'),
  ]
  return run('StringNGrams', attributes, [data, dataSplits], 2)
})

export const StringSplit = kernel<{ input: TensorInfo; delimiter: TensorInfo }, { skipEmpty: boolean }>(
  ({ inputs: { input, delimiter }, attrs: { skipEmpty }, runWide }) =>
    runWide('StringSplit', [flag('skip_empty', skipEmpty)], [input, delimiter], 3, []),
)

export const StringToHashBucketFast = kernel<{ input: TensorInfo }, { numBuckets: number }>(
  ({ inputs: { input }, attrs: { numBuckets }, runWide }) =>
    runWide('StringToHashBucketFast', [int('num_buckets', numBuckets)], [input], 1, [])[0]!,
)

/** A comparison that TensorFlow does for numbers, and this file for strings. */
const comparison = (name: string, holds: (order: number) => boolean) =>
  kernel<{ a: TensorInfo; b: TensorInfo }>(({ inputs: { a, b }, run }) =>
    a.dtype === 'string'
      ? compareStrings(a as Tensor, b as Tensor, holds)
      : run(name, [type('T', a.dtype)], [a, b])[0]!,
  )

function compareStrings(a: Tensor, b: Tensor, holds: (order: number) => boolean): TensorInfo {
  const shape = backend_util.assertAndGetBroadcastShape(a.shape, b.shape)
  const left = spread(a, shape)
  const right = spread(b, shape)
  const values = left.map((value, i) => (holds(value < right[i]! ? -1 : value > right[i]! ? 1 : 0) ? 1 : 0))
  return tensor(values, shape, 'bool')
}

/** The strings of a tensor, repeated to a shape it broadcasts to. */
function spread(x: Tensor, shape: number[]): string[] {
  const values = x.dataSync<'string'>() as unknown as string[]
  const strides = shape.map((_, axis) => {
    const own = x.shape.slice(axis - shape.length)
    return shape.length - axis > x.rank || own[0] === 1 ? 0 : own.slice(1).reduce((product, n) => product * n, 1)
  })
  return Array.from({ length: shape.reduce((product, n) => product * n, 1) }, (_, position) => {
    let from = 0
    let rest = position
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += (rest % shape[axis]!) * strides[axis]!
      rest = Math.floor(rest / shape[axis]!)
    }
    return values[from]!
  })
}

export const Greater = comparison('Greater', order => order > 0)
export const GreaterEqual = comparison('GreaterEqual', order => order >= 0)
export const Less = comparison('Less', order => order < 0)
export const LessEqual = comparison('LessEqual', order => order <= 0)
