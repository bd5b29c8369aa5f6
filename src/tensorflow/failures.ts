/** What to say when an operation or a jitted function fails in a way that its user can do something about. */
import { allocatorStatistics } from './allocator.js'
import { check, native, theStatus } from './native.js'

const RESOURCE_EXHAUSTED = 8

/** As `check`, after something was run: memory that ran out, and what XLA cannot compile, with the remedy. */
export function checkRun(name: string): void {
  const tensorflow = native()
  const code = tensorflow.code(theStatus())
  if (code === 0) return
  const message = tensorflow.message(theStatus())
  const explained =
    code === RESOURCE_EXHAUSTED || /out of memory|^OOM/i.test(message)
      ? outOfMemory(name, message)
      : notCompilable(name, message)
  if (explained === undefined) check(name)
  tensorflow.setStatus(theStatus(), 0, '')
  throw new Error(explained)
}

/** TensorFlow says either `allocating tensor with shape[8,64] and type float` or `trying to allocate 3.55GiB`. */
export function outOfMemory(name: string, message: string): string {
  const [, shape, type] = /shape\s*(\[[\d,]*\]) and type (\w+)/.exec(message) ?? []
  const wanted = shape ? `a tensor of shape ${shape}${sizeIn(shape, type!)}` : amountIn(message)
  const statistics = allocatorStatistics()
  const state = statistics
    ? ` In use: ${inUnits(statistics.used)} of ${inUnits(statistics.limit)}, at most so far ${inUnits(statistics.peak)}.`
    : ''
  const node = nodeIn(message)
  return (
    `${name}${node ? ` (${node})` : ''}: out of memory${wanted ? `, there is no room for ${wanted}` : ''}.${state} Use a smaller batch or smaller ` +
    "images, jit with precision: 'bfloat16', dispose of tensors that are not needed (tf.tidy), or end other programs on " +
    'the device.'
  )
}

/** The operation of a function at which it failed: TensorFlow writes `{{node Tile_2}}`. */
const nodeIn = (message: string) => /\{\{node (\w+?)(_\d+)?\}\}/.exec(message)?.[1]

const bytesOf: Record<string, number | undefined> = { float: 4, int32: 4, bool: 1, bfloat16: 2, half: 2, complex64: 8 }

function sizeIn(shape: string, type: string): string {
  const each = bytesOf[type]
  const elements = (JSON.parse(shape) as number[]).reduce((n, d) => n * d, 1)
  return each === undefined ? '' : ` (${inUnits(elements * each)})`
}

function amountIn(message: string): string | undefined {
  const [, amount, unit] = /allocate ([\d.]+)\s*(bytes|[KMGTP]iB)/.exec(message) ?? []
  return unit === 'bytes' ? inUnits(Number(amount)) : amount && `${amount} ${unit}`
}

/** Bytes as people read them: `3.5 GiB`. */
export function inUnits(bytes: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB']
  const power = Math.min(Math.floor(Math.log2(Math.max(bytes, 1)) / 10), units.length - 1)
  return `${Number((bytes / 1024 ** power).toPrecision(3))} ${units[power]}`
}

/** XLA lists `Name (No registered 'Name' OpKernel …)`, or names the node at which it gave up: `{{node Name_12}}`. */
function notCompilable(name: string, message: string): string | undefined {
  if (!/tf2xla|XLA_\w+_JIT|must be a compile-time constant/.test(message)) return undefined
  const missing = [...message.matchAll(/No registered '(\w+)' OpKernel/g)].map(([, op]) => op!)
  const remedy = "Call this part outside jit, or compile it with jit(f, { compile: 'graph' })."
  if (missing.length > 0) return `${name}: XLA cannot compile ${[...new Set(missing)].join(', ')}. ${remedy}`
  return `${name}: XLA cannot compile ${nodeIn(message) ?? 'it'}: ${message.split('\n')[0]} ${remedy}`
}
