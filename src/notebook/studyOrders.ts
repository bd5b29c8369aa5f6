/** The kernel's end of the orders that a sweep's view sends. */

import { type Action, type Answer, type Order, orderSchema, ordersOpening, ordersTarget } from '../views/sweepOrders.js'
import { type HostComm, host } from './host.js'

/** Does what is asked; gives in words what became of it. @throws Error why it is not done */
export type Obey = (action: Action, keys: readonly string[]) => Promise<string>

interface Taker {
  readonly obey: Obey
  readonly comms: Set<HostComm>
}

/** By the names of the studies that take orders. */
const takers = new Map<string, Taker>()

const otherVersion = 'This page and this kernel are of different versions of ADT Lab.'
const gone = 'This kernel does not run the study any more. Run its cell again to go on where it was.'

/**
 * Takes orders for a study, from as many pages as show it.
 * @returns what ends it, with the reason that the pages show
 */
export function takeOrders(control: string, obey: Obey): { close(why?: string): void } {
  const taker = { obey, comms: new Set<HostComm>() }
  takers.set(control, taker)
  host()?.onComm?.(ordersTarget, openComm)
  return {
    close(why = 'The study was closed.') {
      takers.delete(control)
      for (const comm of taker.comms) comm.close({ why })
    },
  }
}

function openComm(comm: HostComm, { data }: { data: unknown }): void {
  const opening = ordersOpening.safeParse(data)
  const taker = opening.success ? takers.get(opening.data.control) : undefined
  if (!taker) {
    comm.close({ why: opening.success ? gone : otherVersion })
    return
  }
  taker.comms.add(comm)
  comm.onClose(() => void taker.comms.delete(comm))
  comm.onMessage(async message => {
    const answer = await answerTo(message.data, taker.obey)
    if (answer && taker.comms.has(comm)) comm.send(answer)
  })
  comm.send({ open: true })
}

async function answerTo(data: unknown, obey: Obey): Promise<Answer | undefined> {
  const parsed = orderSchema.safeParse(data)
  if (!parsed.success) {
    const { order } = (data ?? {}) as Partial<Order>
    return typeof order === 'number' ? { order, ok: false, message: 'This order was not understood.' } : undefined
  }
  const { order, action, keys } = parsed.data
  try {
    return { order, ok: true, message: await obey(action, keys) }
  } catch (error) {
    return { order, ok: false, message: (error as Error).message.slice(0, 2000) }
  }
}
