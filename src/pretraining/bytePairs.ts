import { clipWordEnd, clipWords } from '../models/index.js'

/** Printable characters that stand for the 256 bytes, as in GPT-2's byte-level encoding. */
export function byteAlphabet(): string[] {
  const plain = (byte: number) => (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174
  let next = 256
  return Array.from({ length: 256 }, (_, byte) => String.fromCodePoint(plain(byte) ? byte : next++))
}

/** The words of a text in lower case, each with how often it occurs in all texts, as byte symbols. */
function countWords(texts: readonly string[]): Map<string, { symbols: string[]; count: number }> {
  const alphabet = byteAlphabet()
  const words = new Map<string, { symbols: string[]; count: number }>()
  for (const text of texts) {
    for (const [word] of text.toLowerCase().matchAll(new RegExp(clipWords, 'gu'))) {
      const seen = words.get(word)
      if (seen) {
        seen.count++
        continue
      }
      const symbols = [...new TextEncoder().encode(word)].map(byte => alphabet[byte]!)
      symbols[symbols.length - 1] += clipWordEnd
      words.set(word, { symbols, count: 1 })
    }
  }
  return words
}

/**
 * Byte-pair encoding (Gage 1994; Sennrich et al. 2016): again and again the most frequent pair of neighbouring symbols
 * becomes one symbol. Equally frequent pairs go by their spelling, so that the result depends on the texts alone.
 *
 * @param limit the largest number of merges; fewer when no pair occurs twice
 * @returns the merges in order, each [left, right]
 */
export function learnMerges(texts: readonly string[], limit: number): [string, string][] {
  const words = [...countWords(texts).values()]
  const merges: [string, string][] = []
  while (merges.length < limit) {
    const counts = new Map<string, number>()
    for (const { symbols, count } of words) {
      for (let i = 1; i < symbols.length; i++) {
        const pair = `${symbols[i - 1]} ${symbols[i]}`
        counts.set(pair, (counts.get(pair) ?? 0) + count)
      }
    }
    let best = ''
    let most = 1
    for (const [pair, count] of counts) {
      if (count > most || (count === most && best !== '' && pair < best)) [best, most] = [pair, count]
    }
    if (best === '') break
    const [left, right] = best.split(' ') as [string, string]
    merges.push([left, right])
    for (const word of words) word.symbols = merge(word.symbols, left, right)
  }
  return merges
}

function merge(symbols: readonly string[], left: string, right: string): string[] {
  const merged: string[] = []
  for (let i = 0; i < symbols.length; i++) {
    if (symbols[i] === left && symbols[i + 1] === right) {
      merged.push(left + right)
      i++
    } else merged.push(symbols[i]!)
  }
  return merged
}
