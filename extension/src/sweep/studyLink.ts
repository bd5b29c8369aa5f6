/** The page's end of the orders to a study that a kernel runs. */

import type { ISessionContext } from '@jupyterlab/apputils'
import { type Action, type Answer, answerSchema, ordersTarget, ordersVersion } from '../../../src/views/sweepOrders.js'
import { trans } from '../../../src/views/words.js'

export interface StudyLink {
  /** Gives the kernel's answer. @throws Error when there is none to come */
  order(action: Action, keys: readonly string[]): Promise<Answer>
  dispose(): void
}

type Kernel = NonNullable<NonNullable<ISessionContext['session']>['kernel']>
type Comm = ReturnType<Kernel['createComm']>

const without = () => trans.__('To run trials from here, start the notebook’s kernel and run this cell again.')
const lost = () => trans.__('The kernel was restarted: run this cell again to go on where it was.')

/**
 * Opens a channel to the study called `control`.
 * @param tell told whether orders are taken, and if not, why
 */
export function linkStudy(
  session: ISessionContext | undefined,
  control: string,
  tell: (taken: boolean, why: string) => void,
): StudyLink {
  const waiting = new Map<number, { resolve(answer: Answer): void; reject(error: Error): void }>()
  let comm: Comm | undefined
  let orders = 0
  let disposed = false

  const drop = (why: string) => {
    comm = undefined
    for (const { reject } of waiting.values()) reject(new Error(why))
    waiting.clear()
    if (!disposed) tell(false, why)
  }
  const open = () => {
    const kernel = session?.session?.kernel
    if (!kernel || kernel.status === 'dead') return drop(without())
    const opened = kernel.createComm(ordersTarget)
    comm = opened
    tell(false, trans.__('Connecting …'))
    opened.onMsg = ({ content: { data } }) => {
      if (comm !== opened) return
      if (data.open === true) return tell(true, '')
      const answer = answerSchema.safeParse(data)
      if (!answer.success) return
      waiting.get(answer.data.order)?.resolve(answer.data)
      waiting.delete(answer.data.order)
    }
    opened.onClose = ({ content: { data } }) => {
      if (comm === opened) drop(typeof data.why === 'string' ? data.why.slice(0, 2000) : without())
    }
    opened.open({ version: ordersVersion, control })
  }
  const onStatus = (_: unknown, status: string) => {
    if (['restarting', 'autorestarting', 'dead', 'terminating'].includes(status)) drop(lost())
  }
  session?.kernelChanged.connect(open)
  session?.statusChanged.connect(onStatus)
  void (session?.ready ?? Promise.resolve()).then(() => {
    if (!disposed && !comm) open()
  })
  return {
    order(action, keys) {
      const sent = comm
      if (!sent) return Promise.reject(new Error(without()))
      const order = ++orders
      const answered = new Promise<Answer>((resolve, reject) => waiting.set(order, { resolve, reject }))
      sent.send({ order, action, keys: [...keys] })
      return answered
    },
    dispose() {
      disposed = true
      session?.kernelChanged.disconnect(open)
      session?.statusChanged.disconnect(onStatus)
      if (comm && !comm.isDisposed) comm.close({})
      drop('')
    },
  }
}
