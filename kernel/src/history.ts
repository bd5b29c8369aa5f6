// The cells of this session, as history_request asks for them.
import type { Json } from './protocol/message.js'

/** One session a kernel: JupyterLab's console needs no more, and nothing of a user's code is kept on disk. */
const SESSION = 1

interface Entry {
  line: number
  input: string
  output: string | null
}

type Row = [session: number, line: number, input: string | [string, string | null]]

export class History {
  readonly #entries: Entry[] = []

  /** @returns the entry, whose `output` may be set later */
  add(line: number, input: string): Entry {
    const entry: Entry = { line, input, output: null }
    this.#entries.push(entry)
    return entry
  }

  /** Answers a history_request's content. */
  answer(request: Json): Row[] {
    const { hist_access_type: access, output, n, pattern, unique, session, start, stop } = request
    let entries = this.#entries
    if (access === 'range') {
      // Session 0 is the current one, negative ones are earlier.
      if ((session ?? 0) !== 0 && session !== SESSION) return []
      const end = typeof stop === 'number' ? stop : Number.POSITIVE_INFINITY
      entries = entries.filter(({ line }) => line >= Number(start ?? 0) && line < end)
    } else {
      if (access === 'search') {
        const glob = globPattern(String(pattern ?? '*'))
        entries = entries.filter(({ input }) => glob.test(input))
        if (unique) {
          const latest = new Map(entries.map(entry => [entry.input, entry]))
          entries = entries.filter(entry => latest.get(entry.input) === entry)
        }
      }
      if (typeof n === 'number') entries = n > 0 ? entries.slice(-n) : []
    }
    return entries.map(entry => [SESSION, entry.line, output ? [entry.input, entry.output] : entry.input])
  }
}

/** A pattern with `*` and `?`, matching the whole text. */
function globPattern(pattern: string): RegExp {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '[^]*')
    .replaceAll('?', '[^]')
  return new RegExp(`^${source}$`)
}
