import { join } from 'node:path'
import { brief, parseJson } from './files.js'

/** CLIP's words: English contractions, runs of letters, single digits, runs of other signs. */
export const clipWords = "'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+"

/** What is appended to the last byte symbol of a word. */
export const clipWordEnd = '</w>'

export interface ClipVocabulary {
  /** Id of each token; the marks are among them. */
  vocab: Record<string, number>
  /** The pairs that are joined, the first ones first: `left right`. */
  merges: readonly string[]
  bos: string
  eos: string
  unk: string
}

/**
 * The `tokenizer.json` of a CLIP tokenizer: lower case, white space collapsed, byte pairs with `</w>` at a word's end,
 * begin and end tokens around the text.
 */
export function clipTokenizer({ vocab, merges, bos, eos, unk }: ClipVocabulary): Record<string, unknown> {
  const special = [...new Set([bos, eos])].map(content => ({
    id: vocab[content],
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
  }))
  return {
    version: '1.0',
    added_tokens: special,
    normalizer: {
      type: 'Sequence',
      normalizers: [
        { type: 'NFC' },
        { type: 'Replace', pattern: { Regex: '\\s+' }, content: ' ' },
        { type: 'Lowercase' },
      ],
    },
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        { type: 'Split', pattern: { Regex: clipWords }, behavior: 'Removed', invert: true },
        { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
      ],
    },
    post_processor: {
      type: 'RobertaProcessing',
      sep: [eos, vocab[eos]],
      cls: [bos, vocab[bos]],
      trim_offsets: false,
      add_prefix_space: false,
    },
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: unk,
      continuing_subword_prefix: '',
      end_of_word_suffix: clipWordEnd,
      fuse_unk: false,
      vocab,
      merges,
    },
  }
}

/**
 * `clipTokenizer` of a folder that has only `vocab.json` and `merges.txt`, as the published ones do.
 *
 * @param files the folder's texts by their names
 * @throws Error naming the file that is missing, or the token that the vocabulary lacks
 */
export function clipTokenizerJson(
  folder: string,
  files: Record<string, string>,
  marks: Pick<ClipVocabulary, 'bos' | 'eos' | 'unk'>,
): Record<string, unknown> {
  const { 'vocab.json': vocabulary, 'merges.txt': merges } = files
  if (!vocabulary || !merges) {
    throw new Error(`${folder}: has neither tokenizer.json nor both of vocab.json and merges.txt`)
  }
  const file = join(folder, 'vocab.json')
  const vocab = parseJson(vocabulary, `${file}:`) as Record<string, number> | null
  if (typeof vocab !== 'object' || vocab === null || !Object.values(vocab).every(id => Number.isSafeInteger(id))) {
    throw new Error(`${file}: must map each token to its number`)
  }
  for (const mark of [marks.bos, marks.eos]) {
    if (!Object.hasOwn(vocab, mark)) throw new Error(`${file}: lacks the token "${mark}"`)
  }
  const lines = merges.split(/\r?\n/).filter(line => line && !line.startsWith('#version'))
  const odd = lines.findIndex(line => line.split(' ').length !== 2)
  if (odd >= 0) throw new Error(`${join(folder, 'merges.txt')}: ${brief(lines[odd])} is no pair of tokens`)
  return clipTokenizer({ vocab, merges: lines, ...marks })
}
