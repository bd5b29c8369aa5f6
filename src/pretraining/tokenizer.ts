import { join } from 'node:path'
import { writeFileAtomic } from '../data/index.js'
import { clipTokenizer, clipWordEnd } from '../models/index.js'
import { byteAlphabet, learnMerges } from './bytePairs.js'

export const startOfText = '<|startoftext|>'
export const endOfText = '<|endoftext|>'

export interface TokenizerFiles {
  vocabularySize: number
  startId: number
  endId: number
  /** File names and contents of an ordinary CLIPTokenizer folder. */
  files: Record<string, string>
}

/**
 * A CLIP tokenizer for a set of captions: its 512 byte symbols, the merges that these captions teach, and the two marks.
 * The marks are the largest ids, which is where CLIP's text model looks for the end of the text.
 *
 * @param size the largest vocabulary wanted
 * @param length tokens a text is padded or cut to, the two marks included
 */
export function createTokenizer(captions: readonly string[], size: number, length: number): TokenizerFiles {
  const bytes = byteAlphabet()
  const symbols = [...bytes, ...bytes.map(symbol => symbol + clipWordEnd)]
  const merges = learnMerges(captions, size - symbols.length - 2)
  const tokens = [...symbols, ...merges.map(([left, right]) => left + right), startOfText, endOfText]
  const vocabulary = Object.fromEntries(tokens.map((token, id) => [token, id]))
  const startId = tokens.length - 2
  const endId = tokens.length - 1
  const tokenizer = clipTokenizer({
    vocab: vocabulary,
    merges: merges.map(pair => pair.join(' ')),
    bos: startOfText,
    eos: endOfText,
    unk: endOfText,
  })
  const marks = { bos_token: startOfText, eos_token: endOfText, unk_token: endOfText, pad_token: endOfText }
  const config = {
    add_prefix_space: false,
    ...marks,
    clean_up_tokenization_spaces: true,
    do_lower_case: true,
    errors: 'replace',
    model_max_length: length,
    tokenizer_class: 'CLIPTokenizer',
  }
  return {
    vocabularySize: tokens.length,
    startId,
    endId,
    files: {
      'tokenizer.json': json(tokenizer),
      'tokenizer_config.json': json(config),
      'special_tokens_map.json': json(marks),
      'vocab.json': json(vocabulary),
      'merges.txt': `#version: 0.2\n${merges.map(pair => `${pair.join(' ')}\n`).join('')}`,
    },
  }
}

const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`

/** Writes the files of a tokenizer into a folder. */
export function writeTokenizer(folder: string, { files }: TokenizerFiles): void {
  for (const [name, content] of Object.entries(files)) writeFileAtomic(join(folder, name), content)
}
