/** Records of a run's log to groups with buffers, and back. */

import type { Group, JudgedRecord, LogRecord, Picture, Point, ReferencesRecord, StepGradient } from './stream.js'

export interface Encoded {
  readonly groups: Group[]
  readonly buffers: Uint8Array[]
}

/** What a page's comm may hand over for a buffer. */
export type Bytes = ArrayBuffer | ArrayBufferView

/** Neighbouring points share a group. */
export function encodeRecords(records: readonly LogRecord[]): Encoded {
  const groups: Group[] = []
  const buffers: Uint8Array[] = []
  const keep = (bytes: Uint8Array) => buffers.push(bytes) - 1
  for (let from = 0; from < records.length; ) {
    const { kind } = records[from]!
    let to = from + 1
    if (kind === 'point' || kind === 'gone') while (records[to]?.kind === kind) to++
    const stretch = records.slice(from, to)
    if (kind === 'point') groups.push(encodePoints(stretch as Point[], keep))
    else if (kind === 'gone') groups.push({ kind, count: stretch.length })
    else if (kind === 'note' || kind === 'change') groups.push(stretch[0] as Extract<Group, { kind: typeof kind }>)
    else {
      const { pixels, ...rest } = stretch[0] as Picture | JudgedRecord | ReferencesRecord
      groups.push({ ...rest, buffer: keep(pixels) })
    }
    from = to
  }
  return { groups, buffers }
}

/** @throws RangeError when a buffer is missing or not as long as its group says */
export function decodeGroups(groups: readonly Group[], buffers: readonly Bytes[]): LogRecord[] {
  const records: LogRecord[] = []
  const bytes = (index: number, length: number) => {
    const given = buffers[index]
    if (given?.byteLength !== length)
      throw new RangeError(`buffer ${index} has ${given?.byteLength ?? 'no'} bytes, not ${length}`)
    // A copy: a message's buffers need not be aligned, and hold on to the whole message.
    return ArrayBuffer.isView(given)
      ? new Uint8Array(given.buffer, given.byteOffset, given.byteLength).slice()
      : new Uint8Array(given.slice(0))
  }
  for (const group of groups) {
    if (group.kind === 'points') records.push(...decodePoints(group, bytes))
    else if (group.kind === 'gone') for (let i = 0; i < group.count; i++) records.push({ kind: 'gone' })
    else if (group.kind === 'note' || group.kind === 'change') records.push(group)
    else {
      const { buffer, ...rest } = group
      const count =
        group.kind === 'picture' ? 1 : group.kind === 'judged' ? 2 * group.captions.length : group.prompts.length
      records.push({ ...rest, pixels: bytes(buffer, 3 * count * group.height * group.width) } as LogRecord)
    }
  }
  return records
}

function encodePoints(points: readonly Point[], keep: (bytes: Uint8Array) => number): Group {
  const names = [...new Set(points.flatMap(({ values }) => Object.keys(values)))]
  const columns = [
    points.map(({ iteration }) => iteration),
    ...names.map(name => points.map(({ values }) => values[name] ?? Number.NaN)),
  ]
  const gradients = points.map(point => point.gradients ?? [])
  const images = points.map(point => point.images ?? { real: [], fake: [] })
  return {
    kind: 'points',
    count: points.length,
    columns: ['iteration', ...names],
    buffer: keep(floats(columns.flat())),
    ...(gradients.some(rows => rows.length > 0) && {
      gradients: {
        counts: gradients.map(rows => rows.length),
        buffer: keep(floats(gradients.flat().flatMap(({ step, t, w, norm }) => [step, t, w, norm]))),
      },
    }),
    ...(images.some(({ real, fake }) => real.length + fake.length > 0) && {
      images: {
        real: images.map(({ real }) => real.length),
        fake: images.map(({ fake }) => fake.length),
        buffer: keep(floats(images.flatMap(({ real, fake }) => [...real, ...fake]))),
      },
    }),
  }
}

function decodePoints(
  { count, columns, buffer, gradients, images }: Extract<Group, { kind: 'points' }>,
  bytes: (index: number, length: number) => Uint8Array,
): Point[] {
  const numbers = (index: number, length: number) => new Float32Array(bytes(index, 4 * length).buffer)
  const table = numbers(buffer, columns.length * count)
  const rows = gradients && ragged(gradients.counts, count)
  const steps = rows && numbers(gradients.buffer, 4 * rows.total)
  const real = images && ragged(images.real, count)
  const fake = images && ragged(images.fake, count)
  const scores = real && fake && numbers(images.buffer, real.total + fake.total)
  return Array.from({ length: count }, (_, i): Point => {
    const values: Record<string, number> = {}
    for (let c = 1; c < columns.length; c++) {
      const value = table[c * count + i]!
      if (!Number.isNaN(value)) values[columns[c]!] = value
    }
    const at = real && fake ? real.starts[i]! + fake.starts[i]! : 0
    const middle = at + (real?.counts[i] ?? 0)
    const end = middle + (fake?.counts[i] ?? 0)
    return {
      kind: 'point',
      iteration: table[i]!,
      values,
      ...(rows && rows.counts[i]! > 0 && { gradients: stepsOf(steps!, rows.starts[i]!, rows.counts[i]!) }),
      ...(end > at && {
        images: { real: [...scores!.subarray(at, middle)], fake: [...scores!.subarray(middle, end)] },
      }),
    }
  })
}

function stepsOf(numbers: Float32Array, first: number, count: number): StepGradient[] {
  return Array.from({ length: count }, (_, k) => {
    const [step, t, w, norm] = numbers.subarray(4 * (first + k), 4 * (first + k) + 4) as unknown as number[]
    return { step: step!, t: t!, w: w!, norm: norm! }
  })
}

/** Where each point's entries begin in a buffer that holds them one after the other. */
function ragged(counts: readonly number[], points: number) {
  if (counts.length !== points) throw new RangeError(`${counts.length} counts for ${points} points`)
  const starts: number[] = []
  let total = 0
  for (const count of counts) {
    starts.push(total)
    total += count
  }
  return { counts, starts, total }
}

function floats(values: readonly number[]): Uint8Array {
  return new Uint8Array(Float32Array.from(values).buffer)
}
