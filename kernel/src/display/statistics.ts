// Statistics of a tensor, computed on its device in parts of bounded size.
import { sizeOf, type Tensor } from './tensorLike.js'

export interface Statistics {
  /** Of the finite values. */
  min: number
  mean: number
  max: number
  std: number
  nan: number
  infinite: number
  /** How many values were looked at, of how many. */
  of: number
  size: number
}

/** Values in one part: with what is computed from it, it takes some 300 MB of the device. */
const PART = 2 ** 24
/** Values that are looked at: more would keep a cell waiting. */
const MOST = 2 ** 27

/** The arithmetic that tensors have as methods. */
interface Arithmetic extends Tensor {
  cast(dtype: string): Arithmetic
  reshape(shape: number[]): Arithmetic
  slice(start: number, size: number): Arithmetic
  isFinite(): Arithmetic
  isNaN(): Arithmetic
  zerosLike(): Arithmetic
  add(x: number): Arithmetic
  sub(x: Tensor): Arithmetic
  div(x: Tensor): Arithmetic
  square(): Arithmetic
  where(condition: Tensor, otherwise: Tensor): Arithmetic
  min(): Arithmetic
  max(): Arithmetic
  sum(): Arithmetic
  stack(others: Tensor[]): Arithmetic
}

const NEEDED = ['cast', 'reshape', 'slice', 'isFinite', 'isNaN', 'zerosLike', 'where', 'min', 'sum', 'stack'] as const

/** @returns nothing where there are no numbers, or tensors have no methods for them */
export async function statisticsOf(tensor: Tensor): Promise<Statistics | undefined> {
  if (!['float32', 'int32', 'bool'].includes(tensor.dtype)) return undefined
  if (!NEEDED.every(name => typeof tensor[name] === 'function')) return undefined
  const size = sizeOf(tensor)
  const of = Math.min(size, MOST)
  const flat = (tensor as Arithmetic).reshape([-1])
  try {
    let total: Part | undefined
    for (let start = 0; start < of; start += PART) {
      const part = await partOf(flat, start, Math.min(PART, of - start))
      total = total ? joined(total, part) : part
    }
    const { min, max, mean, squares, count, nan } = total!
    return { min, max, mean, std: Math.sqrt(squares / count), nan, infinite: of - count - nan, of, size }
  } finally {
    flat.dispose()
  }
}

interface Part {
  min: number
  max: number
  mean: number
  /** Sum of squares of the differences from the mean. */
  squares: number
  /** Of finite values. */
  count: number
  nan: number
}

async function partOf(flat: Arithmetic, start: number, size: number): Promise<Part> {
  const made: Tensor[] = []
  const keep = (tensor: Arithmetic) => {
    made.push(tensor)
    return tensor
  }
  try {
    const x = keep(keep(flat.slice(start, size)).cast('float32'))
    const finite = keep(x.isFinite())
    const zeros = keep(x.zerosLike())
    const count = keep(keep(finite.cast('float32')).sum())
    const filled = keep(x.where(finite, zeros))
    const sum = keep(filled.sum())
    const mean = keep(sum.div(count))
    const squared = keep(keep(filled.sub(mean)).square())
    const squares = keep(keep(squared.where(finite, zeros)).sum())
    const min = keep(keep(x.where(finite, keep(zeros.add(Number.POSITIVE_INFINITY)))).min())
    const max = keep(keep(x.where(finite, keep(zeros.add(Number.NEGATIVE_INFINITY)))).max())
    const nan = keep(keep(keep(x.isNaN()).cast('float32')).sum())
    const values = await keep(min.stack([max, mean, squares, count, nan])).data()
    const [a, b, c, d, e, f] = Array.from(values as ArrayLike<number>) as [
      number,
      number,
      number,
      number,
      number,
      number,
    ]
    // Without a finite value there is none of these.
    return e === 0
      ? { min: Number.NaN, max: Number.NaN, mean: Number.NaN, squares: Number.NaN, count: 0, nan: f }
      : { min: a, max: b, mean: c, squares: d, count: e, nan: f }
  } finally {
    for (const tensor of made) tensor.dispose()
  }
}

/** Two parts as one (Chan, Golub and LeVeque 1983). */
function joined(a: Part, b: Part): Part {
  const nan = a.nan + b.nan
  if (a.count === 0) return { ...b, nan }
  if (b.count === 0) return { ...a, nan }
  const count = a.count + b.count
  const difference = b.mean - a.mean
  return {
    min: Math.min(a.min, b.min),
    max: Math.max(a.max, b.max),
    mean: a.mean + (difference * b.count) / count,
    squares: a.squares + b.squares + (difference ** 2 * a.count * b.count) / count,
    count,
    nan,
  }
}
