// Cells that are run again: one that declares and imports nothing is converted once, until another declares something.
import type { Language } from './client.js'
import type { Conversion } from './types.js'

/** So many are kept; a notebook has fewer. */
const MOST = 500

export function rememberConversions(language: Language): Language {
  const known = new Map<string, Conversion>()
  return {
    ...language,
    async convert(code) {
      const before = known.get(code)
      if (before) return before
      const conversion = await language.convert(code)
      if (!conversion.repeatable || known.size === MOST) known.clear()
      if (conversion.repeatable) known.set(code, conversion)
      return conversion
    },
    reset() {
      known.clear()
      return language.reset()
    },
  }
}
