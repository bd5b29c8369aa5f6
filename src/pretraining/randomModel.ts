import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writeFileAtomic } from '../data/index.js'
import {
  type DiffusionModel,
  initWeights,
  loadTokenizer,
  type Model,
  type ModelConfig,
  parametersOf,
  type Tokenizer,
} from '../models/index.js'
import { scheduleFromConfig } from '../samplers/index.js'
import { fullLayouts, type LayoutName, smallLayouts } from './layouts.js'
import { pieceTokenizer } from './pieceTokenizer.js'
import { createTokenizer } from './tokenizer.js'

export interface RandomModelOptions {
  /** `small`: a toy of every part, images of 16×16; `full`: as large as what is published */
  size?: 'small' | 'full'
  /** of the weights */
  seed?: number
  /** what the tokenizers learn from */
  texts?: readonly string[]
}

const words = ['a red apple', 'a green leaf', 'a yellow sun', 'a blue whale', 'a dog and a cat on a red boat']

/**
 * A text-to-image model in the layout of Stable Diffusion 1.5, XL or 3 that was never trained: it draws noise. To see what
 * a run of that size takes, and to try out code, before there are real weights.
 */
export async function randomModel(
  layout: LayoutName,
  { size = 'small', seed = 1, texts = words }: RandomModelOptions = {},
): Promise<DiffusionModel> {
  const { network, textEncoders, autoencoder, scheduler, tokens } = { small: smallLayouts, full: fullLayouts }[size][
    layout
  ]
  const clip = createTokenizer(texts, 600, tokens)
  const clipTokens = await loaded(clip.files)
  const pieces = pieceTokenizer(texts)
  const drawn = (part: { className: string; config: ModelConfig }, of: number): Model => ({
    ...part,
    weights: initWeights(parametersOf(part.className, part.config), seed * 101 + of),
  })
  const encoder = async ({ className, config }: { className: string; config: ModelConfig }, i: number) => {
    const isT5 = className === 'T5EncoderModel'
    const vocabulary = isT5
      ? { vocab_size: pieces.vocabularySize, feed_forward_proj: 'gated-gelu' }
      : { vocab_size: clip.vocabularySize, max_position_embeddings: tokens, eos_token_id: clip.endId }
    const tokenizer: Tokenizer = isT5 ? await loaded(pieces.files) : clipTokens
    return { ...drawn({ className, config: { ...config, ...vocabulary } }, i), tokenizer }
  }
  return {
    network: drawn(network, 10),
    textEncoders: await Promise.all(textEncoders.map(encoder)),
    autoencoder: drawn({ className: 'AutoencoderKL', config: autoencoder }, 11),
    schedule: scheduleFromConfig(scheduler),
    schedulerConfig: scheduler,
  }
}

/** A tokenizer as if its folder had been there. */
async function loaded(files: Record<string, string>): Promise<Tokenizer> {
  const folder = mkdtempSync(join(tmpdir(), 'adt-tokenizer-'))
  try {
    for (const [name, content] of Object.entries(files)) writeFileAtomic(join(folder, name), content)
    return await loadTokenizer(folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}
