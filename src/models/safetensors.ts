import { type FileHandle, open } from 'node:fs/promises'
import { atomically, brief, decodeUtf8, sizeOf } from './files.js'
import { bfloatToFloat, floatToBfloat, floatToHalf, halfToFloat } from './float16.js'
import { type Dtype, type HeaderEntry, maxHeaderBytes, parseHeader } from './safetensorsHeader.js'

export type { Dtype } from './safetensorsHeader.js'

/** Numbers as they are held in memory: F16 and BF16 are widened to float32, BOOL and U8 are bytes. */
export type TensorData = Float32Array | Float64Array | Int32Array | BigInt64Array | Uint8Array

/** A tensor as a file holds it: `shape` in the file's (torch's) order, `data` flat in C order. */
export interface StoredTensor {
  dtype: Dtype
  shape: number[]
  data: TensorData
}

/** An open file whose header has been checked; tensors are read one by one, each by its own range. */
export interface SafetensorsFile {
  file: string
  metadata: Record<string, string>
  entries: Record<string, { dtype: Dtype; shape: number[] }>
  read(name: string): Promise<StoredTensor>
  close(): Promise<void>
}

/**
 * Opens a safetensors file and checks its header against the file's size before any tensor's memory is taken.
 *
 * @throws Error naming the file, and the tensor where there is one, for a header that is too long, not JSON, has a name
 *   twice, an unknown dtype, or ranges that overlap, leave gaps, reach past the end or disagree with the shape
 */
export async function openSafetensors(file: string): Promise<SafetensorsFile> {
  const size = await sizeOf(file)
  const handle = await open(file, 'r')
  try {
    if (size < 8)
      throw new Error(`${file}: not a safetensors file: ${size} bytes, but the header's length alone takes 8`)
    const length = Buffer.alloc(8)
    await readExactly(handle, length, 0, file)
    const headerBytes = Number(length.readBigUInt64LE())
    if (headerBytes > size - 8) {
      throw new Error(
        `${file}: header of ${headerBytes} bytes in a file of ${size}: truncated, or not a safetensors file`,
      )
    }
    if (headerBytes > maxHeaderBytes) {
      throw new Error(`${file}: header of ${headerBytes} bytes, more than the ${maxHeaderBytes} that are allowed`)
    }
    const header = Buffer.alloc(headerBytes)
    await readExactly(handle, header, 8, file)
    const { metadata, entries } = parseHeader(
      decodeUtf8(header, `${file}: the safetensors header is`),
      size - 8 - headerBytes,
      file,
    )
    return {
      file,
      metadata,
      entries: Object.fromEntries([...entries].map(([name, { dtype, shape }]) => [name, { dtype, shape }])),
      async read(name) {
        const entry = entries.get(name)
        if (!entry) throw new Error(`${file}: has no tensor ${brief(name)}`)
        return { dtype: entry.dtype, shape: entry.shape, data: await readTensor(handle, entry, 8 + headerBytes, file) }
      },
      close: () => handle.close(),
    }
  } catch (error) {
    await handle.close()
    throw error
  }
}

/**
 * Reads a whole safetensors file.
 *
 * @throws as openSafetensors
 */
export async function readSafetensors(
  file: string,
): Promise<{ metadata: Record<string, string>; tensors: Record<string, StoredTensor> }> {
  const opened = await openSafetensors(file)
  try {
    const tensors: Record<string, StoredTensor> = {}
    for (const name of Object.keys(opened.entries)) tensors[name] = await opened.read(name)
    return { metadata: opened.metadata, tensors }
  } finally {
    await opened.close()
  }
}

/** A tensor to be written: its data, or a function that fetches the data when its turn comes. */
export interface TensorToWrite {
  dtype: Dtype
  shape: readonly number[]
  data: ArrayLike<number> | BigInt64Array | (() => Promise<ArrayLike<number> | BigInt64Array>)
}

/**
 * Writes a safetensors file atomically (temporary file, fsync, rename), one tensor at a time, in the order and with
 * the padding of the reference implementation, so that equal tensors give equal bytes.
 *
 * @param tensors by name; `dtype` is how the numbers are stored: F32 data may be stored as F16 or BF16
 * @param metadata text by name; `format: 'pt'`, which transformers asks for, is added
 * @throws RangeError when a tensor's data does not fill its shape; the file system's error when the disk is full
 */
export async function writeSafetensors(
  file: string,
  tensors: Record<string, TensorToWrite>,
  metadata: Record<string, string> = {},
): Promise<void> {
  const order = Object.keys(tensors).sort(
    (a, b) => dtypeOrder.indexOf(tensors[a]!.dtype) - dtypeOrder.indexOf(tensors[b]!.dtype) || (a < b ? -1 : 1),
  )
  const header: Record<string, unknown> = { __metadata__: { format: 'pt', ...metadata } }
  let offset = 0
  for (const name of order) {
    const { dtype, shape } = tensors[name]!
    const end = offset + elements(shape) * bytesOf[dtype]
    header[name] = { dtype, shape, data_offsets: [offset, end] }
    offset = end
  }
  const json = Buffer.from(JSON.stringify(header))
  const start = Buffer.alloc(8 + Math.ceil(json.length / 8) * 8, ' ')
  start.writeBigUInt64LE(BigInt(start.length - 8))
  json.copy(start, 8)
  await atomically(file, async handle => {
    await writeAll(handle, start)
    for (const name of order) {
      const { dtype, shape, data } = tensors[name]!
      const values = typeof data === 'function' ? await data() : data
      if (values.length !== elements(shape)) {
        throw new RangeError(`${file}: tensor "${name}" of shape [${shape}] has ${values.length} elements`)
      }
      await writeAll(handle, encode(values, dtype))
    }
  })
}

const bytesOf: Record<Dtype, number> = { F64: 8, F32: 4, F16: 2, BF16: 2, I64: 8, I32: 4, U8: 1, BOOL: 1 }

// Wider types first, so that every tensor starts at a multiple of its element's size.
const dtypeOrder: Dtype[] = ['I64', 'F64', 'F32', 'I32', 'BF16', 'F16', 'U8', 'BOOL']

const elements = (shape: readonly number[]) => shape.reduce((product, size) => product * size, 1)

function encode(values: ArrayLike<number> | BigInt64Array, dtype: Dtype): Uint8Array {
  const array = asArray(values, dtype)
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength)
}

function asArray(values: ArrayLike<number> | BigInt64Array, dtype: Dtype): ArrayBufferView {
  if (dtype === 'I64')
    return values instanceof BigInt64Array ? values : BigInt64Array.from(values as ArrayLike<number>, BigInt)
  const numbers = values instanceof BigInt64Array ? Float64Array.from(values, Number) : values
  switch (dtype) {
    case 'F64':
      return numbers instanceof Float64Array ? numbers : Float64Array.from(numbers)
    case 'F32':
      return numbers instanceof Float32Array ? numbers : Float32Array.from(numbers)
    case 'F16':
      return floatToHalf(numbers)
    case 'BF16':
      return floatToBfloat(numbers)
    case 'I32':
      return numbers instanceof Int32Array ? numbers : Int32Array.from(numbers)
    default:
      return numbers instanceof Uint8Array ? numbers : Uint8Array.from(numbers)
  }
}

async function readTensor(handle: FileHandle, entry: HeaderEntry, base: number, file: string): Promise<TensorData> {
  const count = elements(entry.shape)
  const array = emptyArray(entry.dtype, count)
  await readExactly(handle, new Uint8Array(array.buffer), base + entry.begin, file)
  if (entry.dtype === 'F16') return halfToFloat(array as Uint16Array)
  if (entry.dtype === 'BF16') return bfloatToFloat(array as Uint16Array)
  return array as TensorData
}

function emptyArray(dtype: Dtype, count: number): TensorData | Uint16Array {
  switch (dtype) {
    case 'F64':
      return new Float64Array(count)
    case 'F32':
      return new Float32Array(count)
    case 'I64':
      return new BigInt64Array(count)
    case 'I32':
      return new Int32Array(count)
    case 'F16':
    case 'BF16':
      return new Uint16Array(count)
    default:
      return new Uint8Array(count)
  }
}

// One call reads or writes at most 2 GiB, so larger tensors go in pieces.
const piece = 1 << 28

async function readExactly(handle: FileHandle, target: Uint8Array, position: number, file: string): Promise<void> {
  for (let done = 0; done < target.length; ) {
    const { bytesRead } = await handle.read(target, done, Math.min(piece, target.length - done), position + done)
    if (bytesRead === 0) throw new Error(`${file}: ended while it was being read, at byte ${position + done}`)
    done += bytesRead
  }
}

async function writeAll(handle: FileHandle, source: Uint8Array): Promise<void> {
  for (let done = 0; done < source.length; ) {
    done += (await handle.write(source, done, Math.min(piece, source.length - done))).bytesWritten
  }
}
