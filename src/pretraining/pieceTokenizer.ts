/**
 * A tokenizer of the kind that T5 has (SentencePiece's unigram model; Kudo 2018): the words of some texts, and the letters,
 * each with its logarithmic probability. In tokenizer.json, as Stable Diffusion 3's `tokenizer_3` is saved.
 */
export function pieceTokenizer(texts: readonly string[]): { vocabularySize: number; files: Record<string, string> } {
  const special = ['<pad>', '</s>', '<unk>']
  const counts = new Map<string, number>()
  const count = (piece: string) => counts.set(piece, (counts.get(piece) ?? 0) + 1)
  for (const word of texts.flatMap(text => text.split(/\s+/)).filter(word => word !== '')) {
    count(`▁${word}`)
    for (const letter of ['▁', ...word]) count(letter)
  }
  const total = [...counts.values()].reduce((sum, value) => sum + value, 0)
  const pieces = [...counts].map(([piece, times]): [string, number] => [piece, Math.log(times / total)])
  const vocabulary = [...special.map((token): [string, number] => [token, 0]), ...pieces]
  const spaces = { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always', split: true }
  const text = { Sequence: { id: 'A', type_id: 0 } }
  const end = { SpecialToken: { id: '</s>', type_id: 0 } }
  const marks = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true }
  const definition = {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: special.map((content, id) => ({ id, content, ...marks })),
    normalizer: null,
    pre_tokenizer: { type: 'Sequence', pretokenizers: [{ type: 'WhitespaceSplit' }, spaces] },
    post_processor: {
      type: 'TemplateProcessing',
      single: [text, end],
      pair: [text, end, { Sequence: { id: 'B', type_id: 0 } }, end],
      special_tokens: { '</s>': { id: '</s>', ids: [1], tokens: ['</s>'] } },
    },
    decoder: spaces,
    model: { type: 'Unigram', unk_id: 2, vocab: vocabulary, byte_fallback: false },
  }
  const config = {
    tokenizer_class: 'T5TokenizerFast',
    model_max_length: 512,
    eos_token: '</s>',
    pad_token: '<pad>',
    unk_token: '<unk>',
    extra_ids: 0,
  }
  const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`
  return {
    vocabularySize: vocabulary.length,
    files: { 'tokenizer.json': json(definition), 'tokenizer_config.json': json(config) },
  }
}
