/** Configurations, tokenizers and schedulers of a pipeline that are broken or made to do harm. */
import { rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type ModelConfig, readJson, writeJson } from '../../src/models/index.js'
import type { HostileCase } from './hostileCase.js'
import { sparse } from './weightCases.js'

/** A JSON file of the pipeline with some fields changed, or text instead. */
const rewritten =
  (file: string, content: ModelConfig | string | Buffer, opened = '') =>
  async (folder: string) => {
    const path = join(folder, file)
    if (typeof content === 'string' || Buffer.isBuffer(content)) await writeFile(path, content)
    else await writeJson(path, { ...(await readJson(path)), ...content })
    return join(folder, opened)
  }

type Row = [string, ModelConfig | string | Buffer, RegExp]

const configs: Row[] = [
  ['field missing', { block_out_channels: undefined }, /needs one type for each of the 4 block_out_channels/],
  ['field of a wrong type', { block_out_channels: '320' }, /"block_out_channels": .*expected array/],
  ['channels 10⁹', { block_out_channels: [1e9, 1e9] }, /"block_out_channels\.0": Too big/],
  ['channels 10⁷', { block_out_channels: [1e7, 1e7] }, /config\.json does not imply/],
  ['10⁹ layers a block', { layers_per_block: 1e9 }, /"layers_per_block": Too big/],
  ['100000 levels', { block_out_channels: Array(1e5).fill(8) }, /"block_out_channels": Too big.*/],
  ['context of 10¹²', { cross_attention_dim: 1e12 }, /"cross_attention_dim": Too big/],
  ['sample_size 10⁹', { sample_size: 1e9 }, /"sample_size" must be 1 to 4096, not 1000000000/],
  ['heads that do not divide', { attention_head_dim: 3 }, /"attention_head_dim": 3 heads do not divide/],
  ['an unknown field', { secret_layer: 3 }, /"secret_layer": is not a field that is known here/],
  ['not JSON', '{"a":', /config\.json: not valid JSON/],
  ['a list', '[]', /config\.json: expected a JSON object, found an array/],
  ['nested 500000 deep', '{"a":'.repeat(5e5), /config\.json: JSON nested more than 32 deep/],
  ['not UTF-8', Buffer.from([0x7b, 0xff, 0xfe, 0x7d]), /config\.json: not UTF-8/],
  ['empty', '', /config\.json: not valid JSON/],
]

const indices: Row[] = [
  [
    'class unknown',
    { unet: ['diffusers', 'EvilModel'] },
    /"unet" is a EvilModel; only UNet2DConditionModel is supported/,
  ],
  ['part unknown', { backdoor: ['os', 'system'] }, /"backdoor" \(system\) is not supported/],
  ['no network', { unet: [null, null] }, /names no "unet"/],
  ['part a number', { unet: 3 }, /names no "unet"/],
]

const schedulers: Row[] = [
  [
    'class unknown',
    { _class_name: 'EvilScheduler' },
    /scheduler_config\.json: scheduler class EvilScheduler is not known/,
  ],
  ['10⁹ times', { num_train_timesteps: 1e9 }, /scheduler_config\.json: num_train_timesteps must be .* not 1000000000/],
  ['betas that are text', { trained_betas: 'x'.repeat(100) }, /trained_betas must be a list/],
  ['beta of 5', { beta_end: 5 }, /beta_end must be a number from 0 to 1, not 5/],
  ['prediction unknown', { prediction_type: 'sample' }, /prediction_type "sample" is not known/],
]

const tokenizers: Row[] = [
  ['tokenizer.json not JSON', 'tokens', /tokenizer\.json: not valid JSON/],
  [
    'tokenizer.json of another kind',
    '{"model": {"type": "Evil"}}',
    /tokenizer\.json: is no tokenizer that is known here/,
  ],
  ['tokenizer.json nested', '['.repeat(1e7), /tokenizer\.json: JSON nested more than 32 deep/],
]

export const folderCases: HostileCase[] = [
  ...configs.map(
    ([name, content, says]): HostileCase => ({
      area: 'config.json',
      name,
      open: 'pipeline',
      make: rewritten('unet/config.json', content),
      says,
    }),
  ),
  {
    area: 'config.json',
    name: 'a link to /dev/zero',
    open: 'model',
    make: async folder => {
      await rm(join(folder, 'unet/config.json'))
      await symlink('/dev/zero', join(folder, 'unet/config.json'))
      return join(folder, 'unet')
    },
    says: /config\.json: is no regular file/,
  },
  {
    area: 'config.json',
    name: '3 GB',
    open: 'model',
    make: async folder => {
      await sparse(join(folder, 'unet/config.json'), '{"a":1', 3e9)
      return join(folder, 'unet')
    },
    says: /config\.json: 3000000000 bytes, more than the 4194304/,
  },
  ...indices.map(
    ([name, content, says]): HostileCase => ({
      area: 'model_index.json',
      name,
      open: 'pipeline',
      make: rewritten('model_index.json', content),
      says,
    }),
  ),
  ...schedulers.map(
    ([name, content, says]): HostileCase => ({
      area: 'scheduler',
      name,
      open: 'pipeline',
      make: rewritten('scheduler/scheduler_config.json', content),
      says,
    }),
  ),
  ...tokenizers.map(
    ([name, content, says]): HostileCase => ({
      area: 'tokenizer',
      name,
      open: 'tokenizer',
      make: rewritten('tokenizer/tokenizer.json', content, 'tokenizer'),
      says,
    }),
  ),
  {
    area: 'tokenizer',
    name: 'tokenizer.json of 2 GB',
    open: 'tokenizer',
    make: async folder => {
      await sparse(join(folder, 'tokenizer/tokenizer.json'), '{', 2e9)
      return join(folder, 'tokenizer')
    },
    says: /tokenizer\.json: 2000000000 bytes, more than/,
  },
  {
    area: 'tokenizer',
    name: 'no vocabulary',
    open: 'tokenizer',
    make: async folder => {
      for (const file of ['tokenizer.json', 'vocab.json', 'merges.txt']) {
        await rm(join(folder, 'tokenizer', file), { force: true })
      }
      return join(folder, 'tokenizer')
    },
    says: /has neither tokenizer\.json nor both of vocab\.json and merges\.txt/,
  },
  {
    area: 'tokenizer',
    name: 'vocabulary of text',
    open: 'tokenizer',
    make: async folder => {
      await rm(join(folder, 'tokenizer/tokenizer.json'), { force: true })
      await writeFile(join(folder, 'tokenizer/merges.txt'), 'a b\n')
      await writeFile(join(folder, 'tokenizer/vocab.json'), '{"a": "b"}')
      return join(folder, 'tokenizer')
    },
    says: /vocab\.json: must map each token to its number/,
  },
  {
    area: 'tokenizer',
    name: 'text of 10⁹ tokens',
    open: 'tokenizer',
    make: rewritten('tokenizer/tokenizer_config.json', { model_max_length: 1e9 }, 'tokenizer'),
    says: /"model_max_length": Too big/,
  },
]
