/** Where a person asks for trials while a study runs: to start them, or to go on with them, and to stop them. */

export interface Order {
  kind: 'start' | 'stop'
  /** The trial's. */
  key: string
}

export interface Desk {
  /** @throws Error when the desk is closed: nobody would see to it */
  ask(kind: Order['kind'], keys: readonly string[]): void
  /** What was asked since the last time. */
  take(): Order[]
  /** Calls `wake` whenever something is asked, or the desk closes. */
  onAsk(wake: () => void): void
  /** No more orders: the study ends when what runs has ended. */
  close(): void
  readonly isOpen: boolean
}

export function createDesk(): Desk {
  let orders: Order[] = []
  let isOpen = true
  let wake = () => {}
  return {
    ask(kind, keys) {
      if (!isOpen) throw new Error('this study takes no more orders: it was closed')
      orders.push(...keys.map(key => ({ kind, key })))
      wake()
    },
    take() {
      const taken = orders
      orders = []
      return taken
    },
    onAsk(listener) {
      wake = listener
    },
    close() {
      isOpen = false
      wake()
    },
    get isOpen() {
      return isOpen
    },
  }
}
