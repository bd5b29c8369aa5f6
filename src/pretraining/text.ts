import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadTokenizer } from '../models/index.js'
import { tf } from '../tensorflow/index.js'
import type { TextRecipe } from './recipe.js'
import { createTokenizer, type TokenizerFiles, writeTokenizer } from './tokenizer.js'

export interface TextSide {
  files: TokenizerFiles
  tokenizer: Awaited<ReturnType<typeof loadTokenizer>>
  /** A CLIP text configuration that fits the tokenizer. */
  config: Record<string, unknown>
}

/** The tokenizer that the captions teach, loaded by the same code that loads any other, and the text model's settings. */
export async function textSide(captions: readonly string[], recipe: TextRecipe): Promise<TextSide> {
  const files = createTokenizer(captions, recipe.vocabulary, recipe.length)
  const folder = mkdtempSync(join(tmpdir(), 'adt-tokenizer-'))
  try {
    writeTokenizer(folder, files)
    const tokenizer = await loadTokenizer(folder)
    const config = {
      ...recipe.config,
      vocab_size: files.vocabularySize,
      max_position_embeddings: recipe.length,
      bos_token_id: files.startId,
      eos_token_id: files.endId,
      pad_token_id: files.endId,
    }
    return { files, tokenizer, config }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Captions as token numbers, int32 [captions, length], to be kept on the device. */
export function tokenTable(side: TextSide, captions: readonly string[]): tf.Tensor2D {
  return tf.tensor2d(side.tokenizer.encode([...captions]), undefined, 'int32')
}
