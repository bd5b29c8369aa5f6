// What a cell can do with the notebook itself; preloaded as `jupyter`.
import type { Host } from './execution/host.js'
import { createWidgets, type Widgets } from './widgets/index.js'

export type { Comm, CommHandler, CommMessage, SendOptions } from './execution/comms.js'
export type { DisplayOptions } from './execution/host.js'
export type { InputOptions } from './execution/input.js'
export type { ProgressBar, ProgressOptions, Slider, SliderOptions } from './widgets/index.js'

const host = (globalThis as { [key: symbol]: unknown })[Symbol.for('adt.host')] as Host | undefined
if (!host) throw new Error('jupyter: this module works in a notebook only')

/** Shows a MIME bundle such as `{ 'text/html': '<b>…</b>' }`; with `id` and `update` it replaces an earlier one. */
export const display: Host['display'] = host.display
/** Shows a value as it would be shown at the end of a cell. */
export const show: Host['show'] = host.show
/** Empties the cell's output; with `wait`, when the next output comes. */
export const clearOutput: Host['clearOutput'] = host.clearOutput
/** Opens a two-way channel to the page. */
export const openComm: Host['openComm'] = host.openComm
/** Accepts channels that the page opens. */
export const onComm: Host['onComm'] = host.onComm
/** Asks the user for a line of text: `await input('Name? ')`; with `{ password: true }` what is typed stays hidden. */
export const input: Host['input'] = host.input
/** Shows a MIME bundle in the pager, outside of the cell's output. */
export const page: Host['page'] = host.page
/** The signal that is aborted when the running cell is interrupted. */
export const interruptSignal = (): AbortSignal => host.signal
/** Progress bars and sliders. */
export const widgets: Widgets = createWidgets(host)
