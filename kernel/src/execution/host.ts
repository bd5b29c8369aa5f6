// What the kernel offers to libraries: globalThis[Symbol.for('adt.host')]. A library that finds it shows things in
// the notebook; without it, in plain Node, it prints.
import { checkBundle, encodeBundle, toBundle } from '../display/index.js'
import type { Json } from '../protocol/message.js'
import { type Comm, type CommHandler, onComm, openComm, type SendOptions } from './comms.js'
import { interruption } from './failure.js'
import { type InputOptions, input } from './input.js'
import { activity, emit } from './link.js'
import { currentScope } from './scope.js'

export interface DisplayOptions {
  /** Names this output, so that a later call with `update` replaces it. */
  id?: string
  update?: boolean
  metadata?: Json
}

export interface Host {
  /** Shows a MIME bundle in the cell's output; bytes become base64. */
  display(bundle: Json, options?: DisplayOptions): void
  /** Shows a value as it would be shown at the end of a cell. */
  show(value: unknown): Promise<void>
  /** Empties the cell's output, with `wait` only when the next output comes. */
  clearOutput(options?: { wait?: boolean }): void
  openComm(target: string, data?: unknown, options?: SendOptions): Comm
  onComm(target: string, handler: CommHandler): void
  /** Asks the user for a line of text; rejects when the front end takes no input, or the cell is interrupted. */
  input(prompt?: string, options?: InputOptions): Promise<string>
  /** Shows a MIME bundle beside the output, as documentation is shown, where the front end has a place for that. */
  page(bundle: Json): void
  /** Aborted when the running cell is interrupted: long loops look at it between steps. */
  readonly signal: AbortSignal
  /**
   * Runs a step of a loop that looks at the signal between its steps: an interrupt waits for the step's end, ten seconds
   * at most, instead of stopping it in the middle. A second interrupt does not wait.
   */
  step<T>(f: () => T): T
  /**
   * For between the parts of a step that changes nothing before its end, or of any long work that never awaits.
   * @throws the signal's reason when the cell is interrupted
   */
  heed(): void
}

const host: Host = {
  display(bundle, { id, update = false, metadata = {} } = {}) {
    const { parent, interruption } = currentScope()
    // A loop that lives on after its cell was interrupted ends at its next output.
    interruption.signal.throwIfAborted()
    if (update && id === undefined) throw new TypeError('display: update needs the id of the output to replace')
    const checked = { data: checkBundle(bundle), metadata }
    emit({ kind: 'display', parent, bundle: checked, update, ...(id === undefined ? {} : { id }) })
  },
  async show(value) {
    const { data, metadata } = await toBundle(value)
    host.display(data, { metadata })
  },
  clearOutput({ wait = false } = {}) {
    emit({ kind: 'clear', parent: currentScope().parent, wait })
  },
  openComm,
  onComm,
  input,
  page(bundle) {
    currentScope().payload.push({ source: 'page', data: encodeBundle(bundle), start: 0 })
  },
  step(f) {
    const before = activity.heeds(true)
    try {
      return f()
    } finally {
      activity.heeds(before)
    }
  },
  heed() {
    if (!activity.isAsked()) return
    currentScope().interruption.abort(interruption)
    throw interruption
  },
  get signal() {
    return currentScope().interruption.signal
  },
}

export function installHost(): void {
  Object.defineProperty(globalThis, Symbol.for('adt.host'), { value: host })
}
