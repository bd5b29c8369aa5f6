// Which request the running code belongs to. It follows promises, timers and callbacks, so that output that comes
// late still goes to its own cell.
import { AsyncLocalStorage } from 'node:async_hooks'
import type { Json } from '../protocol/message.js'

export interface Scope {
  /** Header of the request. */
  parent: Json
  /** Aborted when the cell is interrupted. */
  interruption: AbortController
  /** What the cell's reply tells the front end to do. */
  payload: Json[]
}

const storage = new AsyncLocalStorage<Scope>()
let latest = createScope({})

export function createScope(parent: Json): Scope {
  return { parent, interruption: new AbortController(), payload: [] }
}

export function runInScope<T>(scope: Scope, f: () => T): T {
  latest = scope
  return storage.run(scope, f)
}

/** The scope of the running code; of the latest request where that is not known (native callbacks). */
export const currentScope = (): Scope => storage.getStore() ?? latest
