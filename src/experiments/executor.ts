/** Where trials run: the one interface behind which this machine's processes and a Ray cluster look alike. */

/** One trial to run: `command` with `environment` added to the process's own. */
export interface TrialTask {
  key: string
  /** The trial's folder on this machine; an executor elsewhere brings its files here. */
  folder: string
  /** Program and arguments. The program prints a JSON line for each metric and ends with 0 when the trial finished. */
  command: string[]
  environment: Record<string, string>
  /** GPUs (or parts of one) that it needs; 0: a core. */
  gpus: number
}

/** A line that a trial printed. `sequence` counts from 0 in a trial, without gaps; a resumed trial may repeat lines. */
export type MetricLine = { sequence: number } & Record<string, unknown>

export type TrialState = 'waiting' | 'running' | 'finished' | 'failed' | 'stopped' | 'lost'

/** How a run of a trial ended. `lost`: what it ran on went away, so that it is worth another try. */
export interface Ending {
  state: 'finished' | 'failed' | 'stopped' | 'lost'
  message?: string
}

/** A trial under way. */
export interface Running {
  /** Asks it to checkpoint and end, resolves when it has ended; `done` then says `stopped`, unless it was done already. */
  stop(): Promise<void>
  /** Never rejects. */
  done: Promise<Ending>
}

/** Something that runs trials. What is due when is the scheduler's business: an executor never queues. */
export interface Executor {
  readonly name: string
  /** Trials it can run at once now, running ones included; may change as nodes come and go. */
  slots(): Promise<number>
  /**
   * Starts a trial. Lines reach `onMetric` in the order of their sequence; it is not called after `done`.
   * @throws Error when it cannot be started at all (no such program, no such cluster)
   */
  start(task: TrialTask, onMetric: (line: MetricLine) => void): Promise<Running>
  /**
   * Stops what a scheduler that is gone left running of these trials, which nobody wants any more. Left out where trials end
   * with their scheduler.
   * @returns how many it stopped
   */
  stopOrphans?(trials: readonly { key: string; folder: string }[]): Promise<number>
  /** Stops what still runs, and lets go of everything. */
  close(): Promise<void>
}
