// Memory that the main thread of the execution process shares with its watchdog, which works while the main thread is
// busy: what runs, and whose turn it is, so that nothing is cut off in the middle of a frame to the kernel.

/** Positions in the memory. */
const OPEN = 0
const PROGRESS = 1
const TURN = 2

/** Values of TURN. */
const NOBODY = 0
const WRITER = 1
const WATCHDOG = 2

/** A writer waits for a kernel that does not read; one that takes longer than this is cut off all the same. */
const LONGEST_WRITE_MS = 1000

export type Activity = ReturnType<typeof createActivity>

export function createActivity(memory: Int32Array = new Int32Array(new SharedArrayBuffer(12))) {
  const progress = () => {
    Atomics.add(memory, PROGRESS, 1)
    Atomics.notify(memory, PROGRESS)
  }
  const release = () => {
    Atomics.store(memory, TURN, NOBODY)
    Atomics.notify(memory, TURN)
  }

  return {
    memory,

    // -- for the main thread

    /** A request has begun. */
    began: () => void Atomics.add(memory, OPEN, 1),
    ended() {
      Atomics.sub(memory, OPEN, 1)
      progress()
    },
    /** The main thread deals with an interrupt. */
    interrupted: progress,
    write(act: () => void): void {
      while (Atomics.compareExchange(memory, TURN, NOBODY, WRITER) === WATCHDOG) Atomics.wait(memory, TURN, WATCHDOG)
      act()
      release()
    },

    // -- for the watchdog

    isBusy: () => Atomics.load(memory, OPEN) > 0,
    /** Acts while the main thread writes nothing. @returns whether it then got on within so many milliseconds */
    stop(act: () => void, patience: number): boolean {
      while (Atomics.compareExchange(memory, TURN, NOBODY, WATCHDOG) === WRITER) {
        if (Atomics.wait(memory, TURN, WRITER, LONGEST_WRITE_MS) === 'timed-out') break
      }
      const before = Atomics.load(memory, PROGRESS)
      act()
      const outcome = Atomics.wait(memory, PROGRESS, before, patience)
      release()
      return outcome !== 'timed-out'
    },
  }
}
