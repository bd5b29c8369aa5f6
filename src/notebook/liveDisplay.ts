/** One display that is updated in place. */

import { randomUUID } from 'node:crypto'
import { emit, host } from './host.js'

export interface LiveDisplay {
  /** There is news: it is drawn now or, with what comes until then, as soon as the pace allows. */
  changed(): void
  /** Draws the last state, once. */
  finish(): void
}

/** Milliseconds between updates: Jupyter's server lets 1 MB a second through, and a page need not redraw more often. */
const shortest = 250
const bytesPerMillisecond = 400
/** Without a notebook a line now and then is enough. */
const shortestInTerminal = 5000

/**
 * Starts a display; it appears with the first news, and follows at most four times a second.
 * @param bundle the output as it now is; `last`: it will not change any more
 * @param leastPause milliseconds between updates for another reason
 */
export function liveDisplay(
  bundle: (last: boolean) => Record<string, unknown>,
  leastPause: () => number = () => 0,
): LiveDisplay {
  const id = randomUUID()
  let shown = false
  let finished = false
  let next = 0
  let timer: NodeJS.Timeout | undefined

  const draw = () => {
    clearTimeout(timer)
    timer = undefined
    const output = bundle(finished)
    emit(output, { id, update: shown })
    shown = true
    const pause = host() ? Math.max(shortest, leastPause(), sizeOf(output) / bytesPerMillisecond) : shortestInTerminal
    next = performance.now() + pause
  }
  return {
    changed() {
      if (finished) return
      const wait = next - performance.now()
      if (wait <= 0) draw()
      else timer ??= setTimeout(draw, wait).unref()
    },
    finish() {
      if (finished) return
      finished = true
      draw()
    },
  }
}

function sizeOf(bundle: Record<string, unknown>): number {
  return JSON.stringify(bundle).length
}
