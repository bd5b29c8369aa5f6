/**
 * The measured process of the memory bench: one short iteration compiles and warms up, the next one is measured.
 *
 * Where an iteration starts is drawn, so the seed is one for which the measured one starts within the first twentieth
 * of the steps, and so runs through nearly all of them, with K steps to pull back from.
 */

import { readFileSync, writeFileSync } from 'node:fs'
import { chooseSteps } from '../../src/tuning/index.js'
import { allocatorStatistics } from './allocator.js'
import type { Setting, UpdateMemory } from './memory.js'

const mebibyte = 2 ** 20

process.send!(await measure(JSON.parse(process.argv[2]!) as Setting), () => process.exit(0))

async function measure({ K, steps }: Setting): Promise<UpdateMemory> {
  const adt = await import('../../src/index.js')
  const model = await adt.load('emoji')
  const allocator = allocatorStatistics()
  const sampler = adt.ddim(model.schedule, steps)
  const [data, seed] = [await adt.emoji('fluent'), longRun(steps, K)]
  let rest = 0
  for await (const event of adt.tune(model, { data, sampler, K, H: 1, iterations: 2, batch: 4, seed })) {
    if (event.kind !== 'step') continue
    if (event.iteration === 2) {
      return {
        tensorflow: allocator.read().peak / mebibyte,
        rest: rest / mebibyte,
        resident: highWaterMark() / mebibyte,
      }
    }
    allocator.forgetPeak()
    rest = allocator.read().inUse
    // sets the high-water mark of resident memory back to what is resident now (proc(5))
    writeFileSync('/proc/self/clear_refs', '5')
  }
  throw new Error('the run ended before its second iteration')
}

/** The first seed with a start in the second half, K steps before the end at least, and then one near the beginning. */
function longRun(steps: number, K: number): number {
  for (let seed = 0; ; seed++) {
    const [first, second] = [1, 2].map(iteration => chooseSteps(steps, K, seed, iteration).start) as [number, number]
    if (first >= steps / 2 && first <= steps - K && second <= steps / 20) return seed
  }
}

/** The largest resident size since the mark was set back, in bytes. */
function highWaterMark(): number {
  const kilobytes = /VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]
  if (!kilobytes) throw new Error('/proc/self/status has no VmHWM: this bench needs Linux')
  return Number(kilobytes) * 1024
}
