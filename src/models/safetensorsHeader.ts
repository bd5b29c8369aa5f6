import { brief, parseJson } from './files.js'

/** The element types that model files use, by safetensors' names. */
export type Dtype = 'F64' | 'F32' | 'F16' | 'BF16' | 'I64' | 'I32' | 'U8' | 'BOOL'

/** A tensor's entry in the header: bytes [begin, end) after the header. */
export interface HeaderEntry {
  dtype: Dtype
  shape: number[]
  begin: number
  end: number
}

/** The reference implementation's own limit. */
export const maxHeaderBytes = 100_000_000

const bytesOf: Record<string, number> = { F64: 8, F32: 4, F16: 2, BF16: 2, I64: 8, I32: 4, U8: 1, BOOL: 1 }

/**
 * Parses and checks a safetensors header.
 *
 * @param text the header's JSON
 * @param dataBytes bytes that follow the header in the file
 * @param file named in errors
 */
export function parseHeader(
  text: string,
  dataBytes: number,
  file: string,
): { metadata: Record<string, string>; entries: Map<string, HeaderEntry> } {
  const header = parseJson(text, `${file}: the safetensors header is`)
  if (!isRecord(header)) throw new Error(`${file}: the safetensors header is not a JSON object`)
  const twice = duplicateKey(text)
  if (twice !== undefined) throw new Error(`${file}: the name ${brief(twice)} is twice in the safetensors header`)
  const { __metadata__: metadata = {}, ...tensors } = header
  if (!isRecord(metadata) || Object.values(metadata).some(value => typeof value !== 'string')) {
    throw new Error(`${file}: __metadata__ of the safetensors header must map names to text`)
  }
  const entries = new Map<string, HeaderEntry>()
  for (const [name, value] of Object.entries(tensors))
    entries.set(name, checkEntry(value, `${file}: tensor ${brief(name)}`))
  checkRanges(entries, dataBytes, file)
  return { metadata: metadata as Record<string, string>, entries }
}

function checkEntry(value: unknown, where: string): HeaderEntry {
  if (!isRecord(value)) throw new Error(`${where}: its header entry is not an object`)
  const { dtype, shape, data_offsets: offsets } = value
  if (typeof dtype !== 'string' || !Object.hasOwn(bytesOf, dtype)) {
    throw new Error(`${where}: dtype ${brief(dtype)} is not one of ${Object.keys(bytesOf).join(', ')}`)
  }
  if (!isCounts(shape)) throw new Error(`${where}: shape ${brief(shape)} is not a list of sizes`)
  if (!isCounts(offsets) || offsets.length !== 2 || offsets[0]! > offsets[1]!) {
    throw new Error(`${where}: data_offsets ${brief(offsets)} are not [begin, end]`)
  }
  const bytes = shape.reduce((product, size) => product * size, 1) * bytesOf[dtype]!
  const [begin, end] = offsets as [number, number]
  if (end - begin !== bytes) {
    throw new Error(`${where}: ${dtype} ${brief(shape)} takes ${bytes} bytes, but its data_offsets hold ${end - begin}`)
  }
  return { dtype: dtype as Dtype, shape, begin, end }
}

/** The format wants the ranges, sorted, to fill the data without gap or overlap. */
function checkRanges(entries: Map<string, HeaderEntry>, dataBytes: number, file: string): void {
  const sorted = [...entries].sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end)
  let filled = 0
  let before = ''
  for (const [name, { begin, end }] of sorted) {
    if (end > dataBytes) {
      throw new Error(
        `${file}: tensor ${brief(name)} ends at byte ${end} of the data, but the file holds ${dataBytes}: it is truncated`,
      )
    }
    if (begin < filled) throw new Error(`${file}: tensors ${brief(before)} and ${brief(name)} overlap`)
    if (begin > filled)
      throw new Error(`${file}: ${begin - filled} bytes before tensor ${brief(name)} belong to no tensor`)
    filled = end
    before = name
  }
  if (filled !== dataBytes)
    throw new Error(`${file}: ${dataBytes - filled} bytes after the last tensor belong to no tensor`)
}

/** JSON.parse keeps the last of equal names and says nothing, so the text is walked once more. `text` is valid JSON. */
function duplicateKey(text: string): string | undefined {
  const seen: Set<string>[] = []
  for (let i = 0; i < text.length; i++) {
    const character = text[i]
    if (character === '{' || character === '[') seen.push(new Set())
    else if (character === '}' || character === ']') seen.pop()
    else if (character === '"') {
      const start = i
      for (i++; text[i] !== '"'; i++) if (text[i] === '\\') i++
      let next = i + 1
      while (/\s/.test(text[next]!)) next++
      if (text[next] !== ':') continue
      const key = JSON.parse(text.slice(start, i + 1)) as string
      const keys = seen.at(-1)!
      if (keys.has(key)) return key
      keys.add(key)
    }
  }
  return undefined
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isCounts = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every(size => Number.isSafeInteger(size) && size >= 0)
