/**
 * The page's side of the live protocol, without the page: takes messages in any order, any number of times or not at all,
 * and holds every record of the run once. Time is given by the caller.
 */

import { addRecord, createRunData, type RunData } from './runData.js'
import { type About, parseFromKernel, streamVersion, type ToKernel } from './stream.js'
import { type Bytes, decodeGroups } from './streamCodec.js'
import { trans } from './words.js'

/** Milliseconds until an unanswered question is asked again. */
const patience = 2000
/** Without news from a run that goes on we ask after this long; the kernel also learns from it that we are there. */
const silence = 15_000
/** After so many questions without an answer the connection counts as lost. */
const triesBeforeLost = 3

export type Connection = 'connecting' | 'live' | 'lost'

export interface StreamModel {
  readonly run: string
  /** Everything that has arrived; the same object all along. */
  readonly data: RunData
  readonly about: About | undefined
  /** The number of records that were taken in: the next one has this number. */
  readonly next: number
  /** How many there are in all, as far as we were told. */
  readonly length: number
  /** Grows with everything that changes what is to be drawn. */
  readonly revision: number
  readonly connection: Connection
  /** What keeps the run from being followed (another version of the protocol, a run that is not known any more). */
  readonly problem: string | undefined
  /** Takes in a message of the kernel, whatever it is. */
  receive(data: unknown, buffers: readonly Bytes[], now: number): void
  /** What is to be asked now; nothing most of the time. To be called after each message and once a second. */
  ask(now: number): ToKernel | undefined
  /** The comm was opened anew: what was asked before will not be answered. */
  reconnect(): void
}

/** Starts with nothing: the first question asks for the whole run. */
export function createStreamModel(run: string): StreamModel {
  const data = createRunData()
  let about: About | undefined
  let [next, length, revision] = [0, 0, 0]
  let problem: string | undefined
  /** When we last asked without an answer yet, and how often. */
  let asked: number | undefined
  let unanswered = 0
  let gap = true
  let heard = 0

  const fail = (words: string) => {
    problem = words
    revision++
  }

  const take = (message: unknown, buffers: readonly Bytes[], now: number) => {
    const parsed = parseFromKernel(message)
    if ('problem' in parsed) return fail(parsed.problem)
    const { message: news } = parsed
    if (news.type === 'runs') {
      if (!news.runs.some(known => known.run === run)) fail(trans.__('The kernel does not know this run any more.'))
      return
    }
    if (news.run !== run || news.type !== 'update') return
    const before = { next, length, about, lost: unanswered >= triesBeforeLost }
    ;[asked, unanswered, heard, problem] = [undefined, 0, now, undefined]
    if (news.about && news.about.revision > (about?.revision ?? -1)) about = news.about
    length = Math.max(length, news.length)
    if (news.from > next) gap = true
    else {
      const records = decodeGroups(news.groups, buffers)
      for (const record of records.slice(next - news.from)) addRecord(data, record)
      next = Math.max(next, news.from + records.length)
      gap = false
    }
    length = Math.max(length, next)
    if (next !== before.next || length !== before.length || about !== before.about || before.lost) revision++
  }

  return {
    run,
    data,
    get about() {
      return about
    },
    get next() {
      return next
    },
    get length() {
      return length
    },
    get revision() {
      return revision
    },
    get connection() {
      if (unanswered >= triesBeforeLost) return 'lost'
      return about ? 'live' : 'connecting'
    },
    get problem() {
      return problem
    },
    receive(message, buffers, now) {
      try {
        take(message, buffers, now)
      } catch (error) {
        // A buffer that is not what its group says: ask for the same stretch again.
        if (!(error instanceof RangeError)) throw error
        gap = true
      }
    },
    ask(now) {
      if (problem !== undefined && !about) return undefined
      const wait = asked !== undefined ? now - asked : now - heard
      const ended = about !== undefined && ['done', 'stopped', 'failed'].includes(about.status)
      const lacking = gap || next < length
      const due =
        asked !== undefined ? wait >= patience : gap || (lacking && wait >= patience) || (!ended && wait >= silence)
      if (!due) return undefined
      if (asked !== undefined && ++unanswered === triesBeforeLost) revision++
      asked = now
      return { version: streamVersion, type: 'since', run, sequence: next }
    },
    reconnect() {
      asked = undefined
      gap = true
    },
  }
}
