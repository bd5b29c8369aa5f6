/** The runs of this kernel, as pages follow them: each page has a comm, over which it gets every run that it asks for. */

import { randomUUID } from 'node:crypto'
import type { Action } from '../tuning/index.js'
import { type About, createRunLog, parseToKernel, type RunLog, streamTarget, streamVersion } from '../views/index.js'
import { type HostComm, host } from './host.js'

/** A run that pages may follow. */
export interface PublishedRun extends Pick<RunLog, 'run' | 'append' | 'describe'> {
  /** Whether a page is following it now. */
  readonly followed: boolean
  /** Where requests of a page go; it throws what is wrong with one. Without it a run takes none. */
  obey(act: (action: Action) => void): void
}

interface Entry {
  readonly log: RunLog
  act?: (action: Action) => void
}

/** A run as one page has it. */
interface Cursor {
  next: number
  /** The revision of the description that the page has. */
  known: number
  /** The page asked and waits for an answer. */
  asked: boolean
}

interface Page {
  readonly cursors: Map<string, Cursor>
  /** Sends what is due, as soon as the pace allows. */
  wake(): void
}

/** Milliseconds between two messages to a page: ten a second. */
const pace = 100
/** Bytes a millisecond: Jupyter's server lets 1 MB a second through, outputs included. */
const bytesPerMillisecond = 600
const bytesPerMessage = 100 * bytesPerMillisecond
/** A page that says nothing for so long is gone; one that is there asks every 15 s, hidden ones every minute. */
const patience = 150_000
/** Runs that are kept, the newest; those that go on in any case. */
const mostRuns = 16

const runs = new Map<string, Entry>()
const pages = new Set<Page>()
const hosts = new WeakSet<object>()

/** Lets pages follow a run from its first record on. Where there is no page, nothing is kept. */
export function publishRun(described: Partial<Omit<About, 'revision'>> & { label: string }): PublishedRun {
  const run = randomUUID()
  if (!listen()) return { run, followed: false, append() {}, describe() {}, obey() {} }
  const followers = () => [...pages].filter(page => page.cursors.has(run))
  const log = createRunLog(run, described, () => {
    for (const page of followers()) page.wake()
  })
  const entry: Entry = { log }
  runs.set(run, entry)
  for (const [old, { log }] of runs) if (runs.size > mostRuns && hasEnded(log)) runs.delete(old)
  return {
    run,
    append: log.append,
    describe: log.describe,
    get followed() {
      return followers().length > 0
    },
    obey(act) {
      entry.act = act
    },
  }
}

const hasEnded = ({ about }: RunLog) => ['done', 'stopped', 'failed'].includes(about.status)

/** @returns whether there is a kernel that pages can reach */
function listen(): boolean {
  const kernel = host()
  if (!kernel?.onComm) return false
  if (!hosts.has(kernel)) kernel.onComm(streamTarget, servePage)
  hosts.add(kernel)
  return true
}

function servePage(comm: HostComm): void {
  const cursors: Page['cursors'] = new Map()
  let earliest = 0
  let timer: NodeJS.Timeout | undefined
  let silence: NodeJS.Timeout | undefined

  const send = () => {
    timer = undefined
    const due = [...cursors].find(([run, cursor]) => isDue(runs.get(run)?.log, cursor))
    if (!due) return
    const [run, cursor] = due
    const { update, buffers, next } = runs.get(run)!.log.read(cursor.next, bytesPerMessage, cursor.known)
    comm.send(update, { buffers })
    const bytes = buffers.reduce((sum, buffer) => sum + buffer.byteLength, 0)
    earliest = performance.now() + Math.max(pace, bytes / bytesPerMillisecond)
    // Behind the others: a page that follows several runs gets them in turns.
    cursors.delete(run)
    cursors.set(run, { next, known: update.about?.revision ?? cursor.known, asked: false })
    page.wake()
  }
  const page: Page = {
    cursors,
    wake() {
      if (timer || ![...cursors].some(([run, cursor]) => isDue(runs.get(run)?.log, cursor))) return
      timer = setTimeout(send, Math.max(0, earliest - performance.now()))
      timer.unref()
    },
  }
  const leave = () => {
    pages.delete(page)
    clearTimeout(timer)
    clearTimeout(silence)
  }
  const hear = () => {
    clearTimeout(silence)
    silence = setTimeout(() => {
      leave()
      comm.close()
    }, patience)
    silence.unref()
  }
  const known = () => ({
    version: streamVersion,
    type: 'runs',
    runs: [...runs].map(([run, { log }]) => ({ run, label: log.about.label, status: log.about.status })),
  })

  pages.add(page)
  hear()
  comm.onClose(leave)
  comm.onMessage(({ data }) => {
    hear()
    const parsed = parseToKernel(data)
    // A page of another version learns ours from the answer.
    if ('problem' in parsed) return comm.send(known())
    const { message } = parsed
    const entry = message.type === 'list' ? undefined : runs.get(message.run)
    if (!entry || message.type === 'list') return comm.send(known())
    if (message.type === 'since') {
      cursors.set(message.run, { next: message.sequence, known: -1, asked: true })
      return page.wake()
    }
    const problem = problemOf(entry, message.action)
    const answer = { version: streamVersion, type: 'answer', run: message.run, to: message.id }
    comm.send(problem === undefined ? answer : { ...answer, problem })
  })
}

function isDue(log: RunLog | undefined, { next, known, asked }: Cursor): boolean {
  return log !== undefined && (asked || log.length > next || log.about.revision > known)
}

/** Asks the run; gives what is wrong with the request. */
function problemOf({ act, log }: Entry, action: Action): string | undefined {
  if (hasEnded(log)) return 'the run has ended'
  if (!act) return 'this run takes no requests'
  try {
    act(action)
    return undefined
  } catch (error) {
    return (error as Error).message.slice(0, 2000)
  }
}
