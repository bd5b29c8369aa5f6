/**
 * A signal that Ctrl-C (or a polite kill) aborts, so that a run can write a checkpoint before it ends.
 * A second Ctrl-C ends the process at once.
 */
export function interruptSignal(say: (line: string) => void): { signal: AbortSignal; release(): void } {
  const controller = new AbortController()
  const stop = () => {
    if (controller.signal.aborted) process.exit(130)
    controller.abort()
    say('stopping after this step; press Ctrl-C again to stop at once')
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
  return {
    signal: controller.signal,
    release() {
      process.off('SIGINT', stop)
      process.off('SIGTERM', stop)
    },
  }
}
