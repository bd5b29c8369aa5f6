import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { bfloatToFloat, floatToBfloat, floatToHalf, halfToFloat } from '../../src/models/float16.js'
import { openSafetensors, readSafetensors, writeSafetensors } from '../../src/models/index.js'

describe('safetensors', () => {
  let folder: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'adt-safetensors-'))
  })
  after(() => rm(folder, { recursive: true }))

  async function handmade(header: string | Record<string, unknown>, data: Uint8Array, headerLength?: bigint) {
    const text = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header))
    const length = Buffer.alloc(8)
    length.writeBigUInt64LE(headerLength ?? BigInt(text.length))
    const file = join(folder, 'handmade.safetensors')
    await writeFile(file, Buffer.concat([length, text, data]))
    return file
  }

  it('reads back what it wrote, each dtype', async () => {
    const file = join(folder, 'all.safetensors')
    const numbers = [1, 0.5, -2, 0.25]
    await writeSafetensors(
      file,
      {
        f64: { dtype: 'F64', shape: [4], data: Float64Array.of(...numbers) },
        f32: { dtype: 'F32', shape: [2, 2], data: Float32Array.of(...numbers) },
        f16: { dtype: 'F16', shape: [4, 1], data: numbers },
        bf16: { dtype: 'BF16', shape: [4], data: async () => numbers },
        i64: { dtype: 'I64', shape: [2], data: BigInt64Array.of(-3n, 2n ** 40n) },
        i32: { dtype: 'I32', shape: [2], data: [-7, 9] },
        u8: { dtype: 'U8', shape: [3], data: [0, 128, 255] },
        bool: { dtype: 'BOOL', shape: [1], data: [1] },
        scalar: { dtype: 'F32', shape: [], data: [4.5] },
        none: { dtype: 'F32', shape: [0, 5], data: [] },
      },
      { recipe: 'r' },
    )
    const { metadata, tensors } = await readSafetensors(file)
    assert.deepEqual(metadata, { format: 'pt', recipe: 'r' })
    for (const name of ['f64', 'f32', 'f16', 'bf16']) assert.deepEqual([...tensors[name]!.data], numbers)
    assert.deepEqual(tensors.f32!.shape, [2, 2])
    assert.equal(tensors.bf16!.dtype, 'BF16')
    assert.deepEqual(tensors.i64!.data, BigInt64Array.of(-3n, 2n ** 40n))
    assert.deepEqual(tensors.i32!.data, Int32Array.of(-7, 9))
    assert.deepEqual(tensors.u8!.data, Uint8Array.of(0, 128, 255))
    assert.deepEqual(tensors.bool!.data, Uint8Array.of(1))
    assert.deepEqual([tensors.scalar!.shape, tensors.scalar!.data], [[], Float32Array.of(4.5)])
    assert.deepEqual(tensors.none!.shape, [0, 5])
  })

  it('writes the bytes that the format describes: sorted, padded to 8, metadata first', async () => {
    const file = join(folder, 'bytes.safetensors')
    await writeSafetensors(file, {
      b: { dtype: 'F32', shape: [1], data: [1] },
      a: { dtype: 'F32', shape: [1], data: [2] },
    })
    const bytes = await readFile(file)
    const length = Number(bytes.readBigUInt64LE())
    assert.equal(length % 8, 0)
    assert.equal(
      bytes.toString('utf8', 8, 8 + length).trimEnd(),
      '{"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}',
    )
    assert.deepEqual([bytes.readFloatLE(8 + length), bytes.readFloatLE(12 + length)], [2, 1])
  })

  it('leaves the old file, and nothing else, when writing fails', async () => {
    const file = join(folder, 'kept.safetensors')
    await writeSafetensors(file, { a: { dtype: 'F32', shape: [1], data: [1] } })
    const failing = {
      a: { dtype: 'F32' as const, shape: [2], data: async () => Promise.reject(new Error('disk full')) },
    }
    await assert.rejects(writeSafetensors(file, failing), /disk full/)
    await assert.rejects(
      writeSafetensors(file, { a: { dtype: 'F32', shape: [3], data: [1] } }),
      /"a" of shape \[3\] has 1/,
    )
    assert.deepEqual([...(await readSafetensors(file)).tensors.a!.data], [1])
    assert.deepEqual(
      (await readdir(folder)).filter(name => name.endsWith('.tmp')),
      [],
    )
  })

  const entry = (begin: number, end: number, shape = [(end - begin) / 4], dtype = 'F32') => ({
    dtype,
    shape,
    data_offsets: [begin, end],
  })
  const eight = new Uint8Array(8)
  const hostile: [string, string | Record<string, unknown>, Uint8Array, bigint | undefined, RegExp][] = [
    ['a header longer than the file', '{}', eight, 1n << 62n, /header of \d+ bytes in a file of 18/],
    ['text instead of JSON', 'hello', eight, undefined, /not valid JSON/],
    ['an array', '[1]', eight, undefined, /not a JSON object/],
    [
      'a name twice',
      '{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"\\u0061":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}',
      eight,
      undefined,
      /"a" is twice/,
    ],
    ['overlapping ranges', { a: entry(0, 8), b: entry(4, 8) }, eight, undefined, /"a" and "b" overlap/],
    ['a gap', { a: entry(4, 8) }, eight, undefined, /4 bytes before tensor "a"/],
    ['bytes left over', { a: entry(0, 4) }, eight, undefined, /4 bytes after the last tensor/],
    ['a range beyond the end', { a: entry(0, 16) }, eight, undefined, /"a" ends at byte 16.*truncated/],
    ['a size that contradicts the shape', { a: entry(0, 8, [3]) }, eight, undefined, /"a": F32 \[3\] takes 12 bytes/],
    [
      'a huge shape',
      { a: entry(0, 8, [2 ** 50, 2 ** 50]) },
      eight,
      undefined,
      /takes .* bytes, but its data_offsets hold 8/,
    ],
    ['a negative size', { a: entry(0, 8, [-2]) }, eight, undefined, /shape \[-2\]/],
    [
      'offsets the wrong way round',
      { a: { dtype: 'F32', shape: [], data_offsets: [8, 4] } },
      eight,
      undefined,
      /\[8,4\] are not/,
    ],
    [
      'an unknown dtype',
      { a: entry(0, 8, [8], 'F8_E4M3') },
      eight,
      undefined,
      /"a": dtype "F8_E4M3" is not one of F64/,
    ],
    [
      'a dtype from Object.prototype',
      { a: entry(0, 8, [8], 'toString') },
      eight,
      undefined,
      /"toString" is not one of/,
    ],
    ['metadata that is not text', { __metadata__: { a: 1 } }, new Uint8Array(0), undefined, /__metadata__/],
  ]
  for (const [what, header, data, length, message] of hostile) {
    it(`refuses ${what}`, async () => {
      await assert.rejects(openSafetensors(await handmade(header, data, length)), message)
    })
  }

  it('refuses a header beyond 100 MB before taking memory for it', async () => {
    const file = await handmade('{}', eight)
    const { open } = await import('node:fs/promises')
    const handle = await open(file, 'r+')
    await handle.truncate(1_200_000_000) // sparse: takes no room on the disk
    const length = Buffer.alloc(8)
    length.writeBigUInt64LE(1_000_000_000n)
    await handle.write(length, 0, 8, 0)
    await handle.close()
    const before = process.memoryUsage().arrayBuffers
    await assert.rejects(openSafetensors(file), /header of 1000000000 bytes, more than/)
    assert.ok(process.memoryUsage().arrayBuffers - before < 1e6)
  })

  it('names a missing file and one too short', async () => {
    await assert.rejects(openSafetensors(join(folder, 'absent.safetensors')), /absent\.safetensors: no such file/)
    const file = join(folder, 'short.safetensors')
    await writeFile(file, 'abc')
    await assert.rejects(openSafetensors(file), /3 bytes/)
  })

  it('never crashes on arbitrary bytes: it reads them or says what is wrong', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 64 }), fc.nat(40), async (bytes, length) => {
        const file = join(folder, 'fuzz.safetensors')
        await writeFile(file, Buffer.concat([Buffer.of(length, 0, 0, 0, 0, 0, 0, 0), bytes]))
        await openSafetensors(file).then(
          opened => opened.close(),
          error => assert.match((error as Error).message, /fuzz\.safetensors/),
        )
      }),
      { numRuns: 50 },
    )
  })
})

describe('16-bit floats', () => {
  it('every half survives the way to float32 and back', () => {
    const all = Uint16Array.from({ length: 65536 }, (_, i) => i).filter(half => (half & 0x7fff) <= 0x7c00)
    assert.deepEqual(floatToHalf(halfToFloat(all)), all)
    assert.deepEqual(floatToBfloat(bfloatToFloat(all)), all)
  })

  it('rounds to nearest, ties to even, also among the subnormals', () => {
    const cases: [number, number][] = [
      [1 + 2 ** -11, 0x3c00],
      [1 + 3 * 2 ** -11, 0x3c02],
      [65519, 0x7bff],
      [65520, 0x7c00],
      [2 ** -25, 0],
      [2 ** -25 * 1.0001, 1],
      [3 * 2 ** -25, 2],
      [-(2 ** -14) + 2 ** -26, 0x8400],
    ]
    assert.deepEqual(
      [...floatToHalf(cases.map(([value]) => value))],
      cases.map(([, half]) => half),
    )
    assert.deepEqual([...floatToBfloat([1 + 2 ** -8, 1 + 3 * 2 ** -8, 3.4e38])], [0x3f80, 0x3f82, 0x7f80])
    assert.ok(Number.isNaN(halfToFloat(floatToHalf([Number.NaN]))[0]))
    assert.ok(Number.isNaN(bfloatToFloat(floatToBfloat([Number.NaN]))[0]))
  })
})
