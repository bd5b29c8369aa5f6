import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers'
import { z } from 'zod'
import { clipTokenizerJson } from './clipTokenizer.js'
import { configParser } from './config.js'
import { parseJson, readJson, readText } from './files.js'

/** Text to token ids, as a tokenizer folder of transformers says. */
export interface Tokenizer {
  /** tokens in a text after padding or cutting, begin and end tokens included */
  maxLength: number
  /**
   * @returns one row a text, all maxLength long: begin token, text, end token, padding; a text that is too long is cut,
   *   its end token kept
   * @param length instead of maxLength
   */
  encode(texts: readonly string[], length?: number): number[][]
  /** how many tokens a text takes uncut, begin and end tokens included */
  count(text: string): number
  /** the folder's files by name, to be saved with a tuned model */
  files: Record<string, string>
}

/** T5's vocabulary takes 2.5 MB, the largest ones of today's language models 35. */
const mostBytes = 64 * 2 ** 20
const fileNames = ['tokenizer.json', 'tokenizer_config.json', 'special_tokens_map.json', 'vocab.json', 'merges.txt']

const token = z.union([z.string(), z.object({ content: z.string() }).transform(({ content }) => content)])
const tokenizerConfig = configParser(
  'tokenizer (tokenizer_config.json)',
  z.object({
    model_max_length: z.number().int().min(2).max(100_000),
    bos_token: token.default('<|startoftext|>'),
    eos_token: token.default('<|endoftext|>'),
    unk_token: token.nullable().default('<|endoftext|>'),
    pad_token: token.nullish(),
  }),
)

/**
 * Loads a tokenizer folder: `tokenizer.json`, or `vocab.json` and `merges.txt` as published Stable Diffusion folders
 * have them, with `tokenizer_config.json`.
 *
 * @throws Error naming the file that is missing or the field that is wrong
 */
export async function loadTokenizer(folder: string): Promise<Tokenizer> {
  const files: Record<string, string> = {}
  for (const name of fileNames) {
    const file = join(folder, name)
    if (existsSync(file)) files[name] = await readText(file, mostBytes)
  }
  const config = await readJson(join(folder, 'tokenizer_config.json'))
  let settings: ReturnType<typeof tokenizerConfig>
  try {
    settings = tokenizerConfig(config)
  } catch (error) {
    throw new Error(`${folder}: ${(error as Error).message}`, { cause: error })
  }
  const { model_max_length: maxLength, bos_token: bos, eos_token: eos, unk_token: unk } = settings
  const tokenizer = files['tokenizer.json']
    ? known(files['tokenizer.json'], config, join(folder, 'tokenizer.json'))
    : new HuggingFaceTokenizer(clipTokenizerJson(folder, files, { bos, eos, unk: unk ?? eos }), config)
  const pad = settings.pad_token ?? eos
  const padId = tokenizer.token_to_id(pad)
  if (padId === undefined) throw new Error(`${folder}: the padding token "${pad}" is not in the vocabulary`)
  const idsOf = (text: string) => tokenizer.encode(text).ids
  return {
    maxLength,
    encode: (texts, length = maxLength) =>
      texts.map(text => {
        const ids = idsOf(text)
        if (ids.length > length) return [...ids.slice(0, length - 1), ids.at(-1)!]
        return [...ids, ...Array<number>(length - ids.length).fill(padId)]
      }),
    count: text => idsOf(text).length,
    files,
  }
}

/** @throws Error naming the file when it is JSON, but not of a tokenizer that the library knows */
function known(text: string, config: Record<string, unknown>, file: string): HuggingFaceTokenizer {
  const definition = parseJson(text, `${file}:`) as Record<string, unknown>
  try {
    return new HuggingFaceTokenizer(definition, config)
  } catch (error) {
    throw new Error(`${file}: is no tokenizer that is known here (${(error as Error).message}); save it anew`, {
      cause: error,
    })
  }
}
