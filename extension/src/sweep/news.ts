/** Asks the kernel for a live view's newest state while the display's own updates do not come: see src/views/liveView.ts. */

import type { ISessionContext } from '@jupyterlab/apputils'
import { answerSchema, type Live, liveTarget, liveVersion, type Question } from '../../../src/views/liveView.js'

type Kernel = NonNullable<NonNullable<ISessionContext['session']>['kernel']>
type Comm = ReturnType<Kernel['createComm']>

export interface News {
  /** The view has this state now; undefined: it is not updated any more. */
  has(live: Live | undefined): void
  dispose(): void
}

/** Milliseconds without an update after which the page asks, and between two looks at whether it is to. */
const silence = 2000
const pace = 500
/** An answer that has not come after this long does not come, in milliseconds. */
const patience = 10_000

/** @param take a newer payload, to be checked like any other */
export function followNews(session: ISessionContext | undefined, take: (payload: unknown) => void): News {
  let live: Live | undefined
  let comm: Comm | undefined
  let heard = performance.now()
  let asked: number | undefined

  const open = (): Comm | undefined => {
    const kernel = session?.session?.kernel
    if (comm && !comm.isDisposed) return comm
    if (!kernel?.handleComms || kernel.status === 'dead') return undefined
    const opened = kernel.createComm(liveTarget)
    opened.onMsg = ({ content: { data } }) => {
      const { data: answer } = answerSchema.safeParse(data)
      if (!answer || answer.view !== live?.view) return
      heard = performance.now()
      asked = undefined
      if (answer.gone) live = undefined
      else if (answer.payload !== undefined) take(answer.payload)
    }
    opened.open({})
    comm = opened
    return opened
  }
  const look = () => {
    const now = performance.now()
    if (!live || document.hidden || now - heard < silence || now - (asked ?? Number.NEGATIVE_INFINITY) < patience)
      return
    const question: Question = { version: liveVersion, view: live.view, known: live.revision }
    asked = now
    try {
      open()?.send({ ...question })
    } catch {
      // The connection is just gone; it is asked again.
    }
  }
  const onKernel = (_: unknown, { oldValue }: { oldValue: unknown }) => {
    comm = undefined
    // Another kernel does not have the view.
    if (oldValue) live = undefined
  }
  session?.kernelChanged.connect(onKernel)
  const timer = setInterval(look, pace)
  return {
    has(next) {
      live = next
      heard = performance.now()
      asked = undefined
    },
    dispose() {
      clearInterval(timer)
      session?.kernelChanged.disconnect(onKernel)
      if (comm && !comm.isDisposed && session?.session?.kernel) comm.close()
    },
  }
}
