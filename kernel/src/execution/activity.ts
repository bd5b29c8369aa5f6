// Memory that the main thread of the execution process shares with its watchdog, which works while the main thread is
// busy: what runs, and whose turn it is, so that nothing is cut off in the middle of a frame to the kernel.

/** Positions in the memory. */
const OPEN = 0
const PROGRESS = 1
const TURN = 2
const HEEDING = 3
const ASKED = 4

/** Values of TURN. */
const NOBODY = 0
const WRITER = 1
const WATCHDOG = 2

/** A writer waits for a kernel that does not read; one that takes longer than this is cut off all the same. */
const LONGEST_WRITE_MS = 1000
/** So often a writer that waits looks up, and can be stopped. */
const LOOK_MS = 5

export function createActivity(memory: Int32Array = new Int32Array(new SharedArrayBuffer(20))) {
  const release = () => {
    Atomics.store(memory, TURN, NOBODY)
    Atomics.notify(memory, TURN)
  }

  const write = (act: () => void) => {
    while (Atomics.compareExchange(memory, TURN, NOBODY, WRITER) === WATCHDOG) {
      Atomics.wait(memory, TURN, WATCHDOG, LOOK_MS)
    }
    act()
    release()
  }

  return {
    memory,
    /** Grows when a request ends. */
    progress: () => Atomics.load(memory, PROGRESS),

    // -- for the main thread

    /** A request has begun. */
    began: () => void Atomics.add(memory, OPEN, 1),
    /** One has ended; like writing, this does not happen while the watchdog stops what runs. */
    ended: () =>
      write(() => {
        Atomics.sub(memory, OPEN, 1)
        Atomics.add(memory, PROGRESS, 1)
      }),
    /** Sets whether the running code looks at the signal between its steps. @returns whether it did before */
    heeds: (does: boolean) => Atomics.exchange(memory, HEEDING, Number(does)) === 1,
    /** Whether what runs has been asked to end: known here before the event loop, which waits for it, hears of that. */
    isAsked: () => Atomics.load(memory, ASKED) === Atomics.load(memory, PROGRESS) + 1,
    write,

    // -- for the watchdog

    /** Asks what runs to end, unless something has ended since. @param progress as it was */
    askToEnd: (progress: number) => void Atomics.store(memory, ASKED, progress + 1),

    isBusy: () => Atomics.load(memory, OPEN) > 0,
    isHeeding: () => Atomics.load(memory, HEEDING) === 1,
    /** Nothing is written from now on until `release`, nor in the middle of being written, and nothing ends. */
    holdWriter(): void {
      while (Atomics.compareExchange(memory, TURN, NOBODY, WATCHDOG) === WRITER) {
        if (Atomics.wait(memory, TURN, WRITER, LONGEST_WRITE_MS) === 'timed-out') break
      }
    },
    release,
    /** What was stopped heeds nothing any more. */
    forget: () => void Atomics.store(memory, HEEDING, 0),
  }
}
