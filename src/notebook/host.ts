/** Where outputs go: the notebook kernel if the code runs in one, else the terminal as text. */

/** A channel to a page, as our kernel has it. */
export interface HostComm {
  send(data: unknown, options?: { buffers?: Uint8Array[] }): void
  close(data?: unknown): void
  onMessage(handler: (message: { data: unknown }) => unknown): void
  onClose(handler: () => unknown): void
}

/** What our kernel offers to code in a cell, under `Symbol.for('adt.host')`. */
export interface Host {
  display(
    bundle: Record<string, unknown>,
    options?: { id?: string; update?: boolean; metadata?: Record<string, unknown> },
  ): void
  /** Accepts comms that a page opens to `target`. */
  onComm?(target: string, handler: (comm: HostComm, message: { data: unknown }) => unknown): void
  /** Aborted when the running cell is interrupted. */
  readonly signal?: AbortSignal
}

/** The method of a displayable value; Deno's kernel asks for the same. */
export const display: unique symbol = Symbol.for('Jupyter.display') as never

/** A value that knows its own MIME bundle; kernels show it when it ends a cell. */
export interface Displayable {
  [display](): Record<string, unknown>
}

/** The kernel, or nothing in plain Node. */
export function host(): Host | undefined {
  return (globalThis as Record<symbol, unknown>)[Symbol.for('adt.host')] as Host | undefined
}

/** Shows a bundle now. */
export function emit(bundle: Record<string, unknown>, options?: { id?: string; update?: boolean }): void {
  const kernel = host()
  if (kernel) kernel.display(bundle, options)
  else console.log(String(bundle['text/plain'] ?? ''))
}

/** The value with its display method, which neither JSON nor a loop over its keys sees. */
export function displayable<T extends object>(value: T, bundle: () => Record<string, unknown>): T & Displayable {
  return Object.defineProperty(value, display, { value: bundle, enumerable: false }) as T & Displayable
}

/** Whether a value knows its own MIME bundle. */
export function isDisplayable(value: unknown): value is Displayable {
  return typeof value === 'object' && value !== null && typeof (value as Displayable)[display] === 'function'
}
