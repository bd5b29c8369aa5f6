/** What a sweep's reader has set, as the notebook's saved output keeps it. */

import * as z from 'zod'
import type { Measure } from '../../../src/views/sweepMeasure.js'

const name = z.string().max(500)

export const readerSchema = z.object({
  /** Across and down. */
  axes: z.array(name).min(1).max(2).optional(),
  filter: z.string().max(2000).optional(),
  measure: z.enum(['last', 'best', 'at']).optional(),
  /** The iteration of `at`. */
  at: z.number().min(0).optional(),
  /** Of the curves. */
  scale: z.enum(['linear', 'log']).optional(),
})
export type Reader = z.infer<typeof readerSchema>

export function measureOf({ measure, at }: Reader): Measure {
  if (measure === 'at') return at === undefined ? { kind: 'last' } : { kind: 'at', iteration: at }
  return { kind: measure ?? 'last' }
}
