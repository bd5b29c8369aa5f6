/** A dashboard may be away for a moment: it restarts, or the way to it does. Nothing that runs on its cluster minds. */
import { setTimeout as wait } from 'node:timers/promises'
import { RayError } from './errors.js'

/** One that restarts is back by then. */
export const secondsWithoutAnswer = 120

/** Tries again while no answer comes. @throws RayError when none has come for so long; other errors at once */
export async function patiently<T>(action: () => Promise<T>): Promise<T> {
  const end = Date.now() + secondsWithoutAnswer * 1000
  for (;;) {
    try {
      return await action()
    } catch (error) {
      if (!(error instanceof RayError && error.cause) || Date.now() > end) throw error
      await wait(1000)
    }
  }
}
