import { join } from 'node:path'
import { readJson } from './files.js'

/** CLIP's words: English contractions, runs of letters, single digits, runs of other signs. */
const words = "'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+"

/**
 * The `tokenizer.json` of a CLIP tokenizer that has only `vocab.json` and `merges.txt`: lower case, white space
 * collapsed, byte pairs with `</w>` at a word's end, begin and end tokens around the text.
 *
 * @throws Error naming the file that is missing, or the token that the vocabulary lacks
 */
export async function clipTokenizerJson(
  folder: string,
  files: Record<string, string>,
  { bos, eos, unk }: { bos: string; eos: string; unk: string },
): Promise<Record<string, unknown>> {
  const merges = files['merges.txt']
  if (!files['vocab.json'] || !merges) {
    throw new Error(`${folder}: has neither tokenizer.json nor both of vocab.json and merges.txt`)
  }
  const vocab = await readJson(join(folder, 'vocab.json'))
  const idOf = (token: string) => {
    const id = vocab[token]
    if (typeof id !== 'number') throw new Error(`${join(folder, 'vocab.json')}: lacks the token "${token}"`)
    return id
  }
  const special = [...new Set([bos, eos])].map(content => ({
    id: idOf(content),
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
        { type: 'Split', pattern: { Regex: words }, behavior: 'Removed', invert: true },
        { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
      ],
    },
    post_processor: {
      type: 'RobertaProcessing',
      sep: [eos, idOf(eos)],
      cls: [bos, idOf(bos)],
      trim_offsets: false,
      add_prefix_space: false,
    },
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: unk,
      continuing_subword_prefix: '',
      end_of_word_suffix: '</w>',
      fuse_unk: false,
      vocab,
      merges: merges.split(/\r?\n/).filter(line => line && !line.startsWith('#version')),
    },
  }
}
