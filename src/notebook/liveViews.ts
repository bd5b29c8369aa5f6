/** The kernel's end of `src/views/liveView.ts`: live views, told to pages that ask. */

import { type Answer, liveTarget, liveVersion, questionSchema } from '../views/liveView.js'
import { type HostComm, host } from './host.js'

interface Entry {
  revision: number
  readonly payload: () => unknown
}

/** Views that are kept for who comes late, the newest. */
const mostViews = 64
const views = new Map<string, Entry>()
const hosts = new WeakSet<object>()

/**
 * Lets pages ask for a view.
 * @param payload the view as it now is
 * @returns what is to be called after each change
 */
export function answerFor(view: string, payload: () => unknown): (revision: number) => void {
  const kernel = host()
  if (!kernel?.onComm) return () => {}
  if (!hosts.has(kernel)) kernel.onComm(liveTarget, servePage)
  hosts.add(kernel)
  const entry = { revision: 0, payload }
  views.set(view, entry)
  for (const old of [...views.keys()].slice(0, -mostViews)) views.delete(old)
  return revision => {
    entry.revision = revision
  }
}

function servePage(comm: HostComm): void {
  comm.onMessage(({ data }) => {
    const question = questionSchema.safeParse(data)
    if (!question.success) return
    const { view, known } = question.data
    const entry = views.get(view)
    const answer = (more: Omit<Answer, 'version' | 'view'>) => comm.send({ version: liveVersion, view, ...more })
    if (!entry) answer({ gone: true })
    else answer(entry.revision > known ? { payload: entry.payload() } : {})
  })
}
