/** A run that can be looked at while it goes on, wherever its news come from. */

import type { ISignal } from '@lumino/signaling'
import type { Action } from '../../../src/tuning/action.js'
import type { RunData } from '../../../src/views/runData.js'
import type { About } from '../../../src/views/stream.js'
import type { Connection } from '../../../src/views/streamModel.js'

export interface RunSource {
  readonly data: RunData
  /** How it is called and how far it is; undefined until something is known. */
  readonly about: About | undefined
  readonly connection: Connection
  /** Why it cannot be followed, in words. */
  readonly problem: string | undefined
  /** When the last news came. */
  readonly time: Date
  /** Between 0 and 1 while what is there already arrives. */
  readonly loaded: number
  readonly changed: ISignal<RunSource, void>
  /** Asks the run for something. @throws Error with the run's words, or when it does not answer */
  act(action: Action): Promise<void>
  dispose(): void
}

/** How many points there are and which is the last stands in the node: for tests, and for whoever reports a bug. */
export function mark(node: HTMLElement, { data }: RunSource): void {
  node.dataset.points = String(data.iterations.length)
  node.dataset.last = String(data.iterations.at(-1) ?? 0)
}
