/** The notebook cell that runs, where our kernel runs it: its interrupt, and steps that this does not cut in two. */

/** What the kernel offers under `Symbol.for('adt.host')`. */
interface Cell {
  readonly signal: AbortSignal
  step<T>(f: () => T): T
  heed(): void
}

const cell = (): Partial<Cell> | undefined => (globalThis as Record<symbol, unknown>)[Symbol.for('adt.host')] as Cell

/** Aborted when the cell is interrupted; nothing in plain Node. */
export const cellSignal = (): AbortSignal | undefined => cell()?.signal

/**
 * For between the parts of long work that never awaits.
 * @throws the cell's signal's reason when it was interrupted
 */
export const heedInterrupt = (): void => cell()?.heed?.()

/** Runs a step of a loop that looks at the signal between its steps: an interrupt of the cell waits for the step's end. */
export function wholeStep<T>(f: () => T): T {
  const kernel = cell()
  return kernel?.step ? kernel.step(f) : f()
}
