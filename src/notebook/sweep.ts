/** The view of a sweep for a cell: from rows that are all there, or live. */

import { randomUUID } from 'node:crypto'
import {
  sweepView as buildSweepView,
  keyOf,
  type SweepOptions,
  type SweepRow,
  type SweepView,
  viewBundle,
} from '../views/index.js'
import { type Displayable, display, displayable, host } from './host.js'
import { liveDisplay } from './liveDisplay.js'
import { answerFor } from './liveViews.js'

/**
 * Trials as a heatmap over two of their settings (means over seeds) with a sortable table.
 *
 *     adt.show(adt.sweepView(rows, { metric: { name: 'fd', better: 'lower' }, axes: ['lambda', 'K'] }))
 * @throws RangeError when there is no trial, or an axis that no trial has
 */
export function sweepView(rows: readonly SweepRow[], options: SweepOptions): SweepView & Displayable {
  const view = buildSweepView(rows, options)
  return displayable(view, () => viewBundle(view))
}

/** A live view of a sweep. */
export interface Sweep extends Displayable {
  /** Takes trials in, each in place of what was known of it; the display follows at most four times a second. */
  show(...rows: readonly SweepRow[]): void
  /** Says something else of the sweep as a whole. */
  set(options: Partial<SweepOptions>): void
  /** Draws the last state. */
  stop(): void
  /** The sweep as it now is. */
  view(): SweepView
}

/**
 * Starts a live view; it appears with the first trial. Give it the trials that wait, too: their cells stay visibly empty.
 *
 *     const sweep = adt.sweep({ metric: { name: 'fd', better: 'lower' } })
 *     for await (const row of rows) sweep.show(row)
 *     sweep.stop()
 */
export function sweep(options: SweepOptions): Sweep {
  const rows = new Map<string, SweepRow>()
  let now = options
  let ended = false
  const name = randomUUID()
  let revision = 0
  const view = () => buildSweepView([...rows.values()], now)
  const shown = () => ({ ...view(), ...(host() && !ended && { live: { view: name, revision } }) })
  const tell = answerFor(name, shown)
  const live = liveDisplay(last => viewBundle(shown(), { picture: last }))
  const changed = () => tell(++revision)
  return {
    show(...news) {
      for (const row of news) rows.set(keyOf(row), row)
      changed()
      if (news.length > 0) live.changed()
    },
    set(changes) {
      now = { ...now, ...changes }
      changed()
    },
    stop() {
      ended = true
      changed()
      if (rows.size > 0) live.finish()
    },
    view,
    [display]: () => viewBundle(shown()),
  }
}
