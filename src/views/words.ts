/**
 * Words for the reader, in the reader's language. Where a page has JupyterLab's translator the extension hands it in once;
 * elsewhere, in a terminal, a picture or a test, they stay as they are written here. The signatures are those of
 * JupyterLab's translation bundles, so that its tools find every word: call them as `trans.__('…')`, when the words are
 * drawn and not before. Names that are data (runs, settings, losses) and a schema's remark on a field are not translated.
 */
export interface Words {
  /** A text in which %1, %2 … stand for what is given. */
  __(text: string, ...given: readonly (string | number)[]): string
  /** The same for a count, which is %1: `_n('%1 trial', '%1 trials', 3)`. */
  _n(one: string, many: string, count: number, ...given: readonly (string | number)[]): string
}

const asWritten: Words = {
  __: (text, ...given) => text.replace(/%(\d)/g, (_, place) => String(given[place - 1])),
  _n: (one, many, count, ...given) => asWritten.__(count === 1 ? one : many, count, ...given),
}

let words = asWritten

export const trans: Words = {
  __: (text, ...given) => words.__(text, ...given),
  _n: (one, many, count, ...given) => words._n(one, many, count, ...given),
}

/** From now on words are in another language; without one as they are written. */
export function speak(language: Words = asWritten): void {
  words = language
}
