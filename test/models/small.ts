import { mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ModelConfig } from '../../src/models/index.js'

/** A UNet of two levels that runs in milliseconds. */
export const smallUnet: ModelConfig = {
  _class_name: 'UNet2DConditionModel',
  sample_size: 8,
  in_channels: 3,
  out_channels: 3,
  block_out_channels: [8, 16],
  down_block_types: ['DownBlock2D', 'CrossAttnDownBlock2D'],
  up_block_types: ['CrossAttnUpBlock2D', 'UpBlock2D'],
  layers_per_block: 1,
  attention_head_dim: 2,
  cross_attention_dim: 12,
  norm_num_groups: 4,
}

/** A text encoder whose vocabulary is that of `writeSmallTokenizer`. */
export const smallText = {
  architectures: ['CLIPTextModel'],
  hidden_size: 12,
  intermediate_size: 16,
  num_attention_heads: 2,
  num_hidden_layers: 2,
  vocab_size: 14,
  max_position_embeddings: 6,
  eos_token_id: 13,
} satisfies ModelConfig

/** A CLIP that measures images of 8×8. */
export const smallClip = {
  architectures: ['CLIPModel'],
  projection_dim: 6,
  text_config: smallText,
  vision_config: {
    hidden_size: 12,
    intermediate_size: 16,
    num_attention_heads: 2,
    num_hidden_layers: 2,
    image_size: 8,
    patch_size: 4,
  },
}

/** A tokenizer folder as Stable Diffusion 1.5 publishes it: vocab.json and merges.txt, no tokenizer.json. */
export async function writeSmallTokenizer(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true })
  const tokens = ['r', 'e', 'd', 'e</w>', 'd</w>', 'o', 'n</w>', 'x</w>', '!', 're', 'red</w>', 'on</w>']
  const vocab = Object.fromEntries([...tokens, '<|startoftext|>', '<|endoftext|>'].map((token, id) => [token, id]))
  await writeFile(join(folder, 'vocab.json'), JSON.stringify(vocab))
  await writeFile(join(folder, 'merges.txt'), '#version: 0.2\nr e\nre d</w>\no n</w>\n')
  const end = { __type: 'AddedToken', content: '<|endoftext|>', normalized: true }
  const config = { model_max_length: 6, bos_token: '<|startoftext|>', eos_token: end, unk_token: end, pad_token: '!' }
  await writeFile(join(folder, 'tokenizer_config.json'), JSON.stringify(config))
}

export const temporaryFolder = () => mkdtemp(join(tmpdir(), 'adt-models-'))
