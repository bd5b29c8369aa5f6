/** Safetensors, sharded weights and LoRA files that are broken or made to do harm. */
import { mkdir, open, readFile, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { readSafetensors, writeJson, writeSafetensors } from '../../src/models/index.js'
import type { HostileCase } from './hostileCase.js'

/** Header and data as bytes. `length` instead of the header's own, `size` to which the file is stretched without taking disk. */
async function handmade(
  file: string,
  header: string | Buffer | object,
  { data = 8, length, size }: { data?: number; length?: bigint; size?: number } = {},
): Promise<string> {
  const text = Buffer.isBuffer(header) || typeof header === 'string' ? Buffer.from(header) : JSON.stringify(header)
  const body = Buffer.from(text)
  const start = Buffer.alloc(8)
  start.writeBigUInt64LE(length ?? BigInt(body.length))
  await writeFile(file, Buffer.concat([start, body, Buffer.alloc(data)]))
  if (size) await truncate(file, size)
  return file
}

const entry = (begin: unknown, end: unknown, shape: unknown = [2], dtype: unknown = 'F32') => ({
  dtype,
  shape,
  data_offsets: [begin, end],
})
const two = '"dtype":"F32","shape":[2],"data_offsets":[0,8]'

type Header = [string, string | Buffer | object, RegExp, Parameters<typeof handmade>[2]?]
const headers: Header[] = [
  ['header length beyond the file', '{}', /header of \d+ bytes in a file of/, { length: 1n << 62n }],
  ['1 GB header in a file of 1.2 GB', '{}', /more than the 100000000/, { length: 1_000_000_000n, size: 1_200_000_000 }],
  ['header not JSON', 'hello', /header is not valid JSON/],
  ['header a list', '[1]', /not a JSON object/],
  ['header not UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d]), /header is not UTF-8/],
  ['header nested 5 million deep', '['.repeat(5e6), /nested more than 32 deep/],
  ['header nested in a tensor', `{"a":${'{"a":'.repeat(1e6)}1${'}'.repeat(1e6)}}`, /nested more than 32 deep/],
  ['overlapping ranges', { a: entry(0, 8), b: entry(4, 8, [1]) }, /"a" and "b" overlap/],
  ['two names, one range', { a: entry(0, 8), b: entry(0, 8) }, /"a" and "b" overlap/],
  ['gap between tensors', { a: entry(0, 4, [1]), b: entry(8, 12, [1]) }, /4 bytes before tensor "b"/, { data: 12 }],
  ['name twice', `{"a":{${two}},"a":{${two}}}`, /"a" is twice/],
  ['name twice, once escaped', `{"a":{${two}},"\\u0061":{${two}}}`, /"a" is twice/],
  ['negative offset', { a: entry(-8, 0) }, /data_offsets \[-8,0\] are not/],
  ['huge offset', { a: entry(0, 2 ** 50, [2 ** 48]) }, /ends at byte 1125899906842624.*truncated/],
  [
    'offset beyond 2⁵³',
    '{"a":{"dtype":"F32","shape":[2],"data_offsets":[18446744073709551608,18446744073709551616]}}',
    /data_offsets .* are not/,
  ],
  ['offset a fraction', { a: entry(0, 7.5) }, /data_offsets \[0,7\.5\] are not/],
  ['dtype unknown', { a: entry(0, 8, [8], 'F8_E4M3') }, /dtype "F8_E4M3" is not one of/],
  ['dtype an object', { a: entry(0, 8, [2], {}) }, /dtype \{\} is not one of/],
  ['shape and dtype against the range', { a: entry(0, 8, [3]) }, /takes 12 bytes, but its data_offsets hold 8/],
  ['shape whose product overflows', { a: entry(0, 8, [2 ** 52, 2 ** 52]) }, /data_offsets hold 8/],
  ['shape of a million sizes', { a: entry(0, 8, Array(1e6).fill(1)) }, /takes 4 bytes, but/],
  ['name of 10 MB', { ['n'.repeat(1e7)]: entry(0, 8, [3]) }, /takes 12 bytes/],
  [
    'data truncated',
    { a: entry(0, 8) },
    /ends at byte 8 of the data, but the file holds 4: it is truncated/,
    { data: 4 },
  ],
  ['bytes left over', { a: entry(0, 8) }, /4 bytes after the last tensor/, { data: 12 }],
]

const network = 'unet/diffusion_pytorch_model.safetensors'

/** Splits the UNet's weights into two shards, with an index that `edit` changes. */
async function sharded(folder: string, edit: (map: Record<string, string>) => void): Promise<string> {
  const unet = join(folder, 'unet')
  const { tensors } = await readSafetensors(join(folder, network))
  const names = Object.keys(tensors)
  const map: Record<string, string> = {}
  for (const [i, part] of [names.slice(0, 20), names.slice(20)].entries()) {
    const shard = `part-${i}.safetensors`
    await writeSafetensors(join(unet, shard), Object.fromEntries(part.map(name => [name, tensors[name]!])))
    for (const name of part) map[name] = shard
  }
  await rm(join(folder, network))
  edit(map)
  await writeJson(join(unet, 'diffusion_pytorch_model.safetensors.index.json'), { weight_map: map })
  return unet
}

/** The UNet's weights with some of them changed. */
async function changed(
  folder: string,
  edit: (tensors: Awaited<ReturnType<typeof readSafetensors>>['tensors']) => void,
) {
  const { tensors } = await readSafetensors(join(folder, network))
  edit(tensors)
  await writeSafetensors(join(folder, network), tensors)
  return join(folder, 'unet')
}

export const weightCases: HostileCase[] = [
  ...headers.map(
    ([name, header, says, options]): HostileCase => ({
      area: 'safetensors',
      name,
      open: 'safetensors',
      make: folder => handmade(join(folder, 'a.safetensors'), header, options),
      says,
    }),
  ),
  {
    area: 'safetensors',
    name: 'empty file',
    open: 'safetensors',
    make: async folder => {
      await writeFile(join(folder, 'a.safetensors'), '')
      return join(folder, 'a.safetensors')
    },
    says: /not a safetensors file: 0 bytes/,
  },
  {
    area: 'safetensors',
    name: 'a folder of that name',
    open: 'safetensors',
    make: async folder => {
      await mkdir(join(folder, 'a.safetensors'))
      return join(folder, 'a.safetensors')
    },
    says: /a\.safetensors: is a folder/,
  },
  {
    area: 'safetensors',
    name: 'a link to /dev/zero',
    open: 'safetensors',
    make: async folder => {
      await symlink('/dev/zero', join(folder, 'a.safetensors'))
      return join(folder, 'a.safetensors')
    },
    says: /a\.safetensors: is no regular file/,
  },
  {
    area: 'weights',
    name: 'a tensor of integers',
    open: 'model',
    make: folder =>
      changed(folder, tensors => {
        const { shape } = tensors['conv_in.bias']!
        tensors['conv_in.bias'] = { dtype: 'I32', shape, data: new Int32Array(shape[0]!) }
      }),
    says: /"conv_in\.bias" is I32; weights are F32, F16, BF16, F64/,
  },
  {
    area: 'weights',
    name: 'a tensor missing',
    open: 'model',
    make: folder => changed(folder, tensors => delete tensors['conv_in.bias']),
    says: /lack "conv_in\.bias", which config\.json implies/,
  },
  {
    area: 'weights',
    name: 'NaN among the numbers',
    open: 'model',
    make: folder => changed(folder, tensors => tensors['conv_in.bias']!.data.fill(Number.NaN as never)),
    says: /"conv_in\.bias" holds NaN at element 0.*use another copy/,
  },
  {
    area: 'weights',
    name: 'a pickle (.bin) only',
    open: 'model',
    make: async folder => {
      await rename(join(folder, network), join(folder, 'unet/diffusion_pytorch_model.bin'))
      return join(folder, 'unet')
    },
    says: /holds diffusion_pytorch_model\.bin\. Only safetensors are read/,
  },
  {
    area: 'weights',
    name: 'cut in the middle of the data',
    open: 'model',
    make: async folder => {
      const { length } = await readFile(join(folder, network))
      await truncate(join(folder, network), length - 1000)
      return join(folder, 'unet')
    },
    says: /ends at byte .* it is truncated/,
  },
  {
    area: 'sharded index',
    name: 'a shard missing',
    open: 'model',
    make: async folder => {
      const unet = await sharded(folder, () => {})
      await rm(join(unet, 'part-1.safetensors'))
      return unet
    },
    says: /index\.json: names part-1\.safetensors, which is not there; the folder is not whole/,
  },
  {
    area: 'sharded index',
    name: 'a tensor that its shard lacks',
    open: 'model',
    make: folder =>
      sharded(folder, map => {
        map['conv_in.bias'] = map['conv_in.bias'] === 'part-0.safetensors' ? 'part-1.safetensors' : 'part-0.safetensors'
      }),
    says: /part-\d\.safetensors: lacks the tensor "conv_in\.bias", which the index says is there/,
  },
  ...(
    [
      ['../ in a name', '../../../secret.safetensors'],
      ['an absolute path', '/etc/secret.safetensors'],
      ['a number for a name', 7],
    ] as const
  ).map(
    ([name, shard]): HostileCase => ({
      area: 'sharded index',
      name,
      open: 'model',
      make: folder => sharded(folder, map => Object.assign(map, { 'conv_in.bias': shard })),
      says: /"weight_map" names .*, not a safetensors file beside it/,
    }),
  ),
  {
    area: 'sharded index',
    name: 'a shard that is a link to itself',
    open: 'model',
    make: async folder => {
      const unet = await sharded(folder, () => {})
      await rm(join(unet, 'part-0.safetensors'))
      await symlink('part-0.safetensors', join(unet, 'part-0.safetensors'))
      return unet
    },
    says: /part-0\.safetensors/,
  },
  {
    area: 'sharded index',
    name: 'both shards hold a tensor',
    open: 'model',
    make: async folder => {
      const unet = await sharded(folder, () => {})
      const first = await readSafetensors(join(unet, 'part-0.safetensors'))
      const second = await readSafetensors(join(unet, 'part-1.safetensors'))
      const name = Object.keys(first.tensors)[0]!
      await writeSafetensors(join(unet, 'part-1.safetensors'), { ...second.tensors, [name]: first.tensors[name]! })
      return unet
    },
    says: /is also in .*part-0\.safetensors/,
  },
  {
    area: 'sharded index',
    name: 'index of 5 MB',
    open: 'model',
    make: async folder => {
      const unet = await sharded(folder, map => {
        for (let i = 0; i < 1e5; i++) map[`no.such.tensor.with.a.long.name.${i}`] = 'part-0.safetensors'
      })
      return unet
    },
    says: /index\.json: \d+ bytes, more than the 4194304/,
  },
  {
    area: 'LoRA',
    name: 'of another network',
    open: 'lora',
    make: async folder => {
      const tensors = { 'unet.no.such.lora_A.weight': { dtype: 'F32' as const, shape: [2, 2], data: [1, 2, 3, 4] } }
      await writeSafetensors(join(folder, 'pytorch_lora_weights.safetensors'), tensors)
      return folder
    },
    says: /belongs to no layer of this UNet2DConditionModel/,
  },
  {
    area: 'FID statistics',
    name: 'a covariance that is not square',
    open: 'statistics',
    make: async folder => {
      const file = join(folder, 'statistics.safetensors')
      const tensors = {
        mean: { dtype: 'F64' as const, shape: [2], data: [1, 2] },
        covariance: { dtype: 'F64' as const, shape: [3], data: [1, 2, 3] },
      }
      await writeSafetensors(file, tensors, { count: '5' })
      return file
    },
    says: /does not hold statistics/,
  },
]

/** A file of `size` bytes, nearly all of them holes. */
export async function sparse(file: string, start: Uint8Array | string, size: number): Promise<string> {
  await writeFile(file, start)
  const handle = await open(file, 'r+')
  await handle.truncate(size)
  await handle.close()
  return file
}
