/** Resident memory of this process at its peak (Linux). */

import { readFileSync, writeFileSync } from 'node:fs'

/** Lets the high-water mark begin anew; the function it gives reads it, in MiB. */
export function watchResident(): () => number {
  // sets the mark back to what is resident now (proc(5))
  writeFileSync('/proc/self/clear_refs', '5')
  return () => {
    const kilobytes = /VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]
    if (!kilobytes) throw new Error('/proc/self/status has no VmHWM: this bench needs Linux')
    return Number(kilobytes) / 1024
  }
}
