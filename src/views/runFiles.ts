/**
 * How a run in a terminal, or on another machine, is steered: by two small files in its folder, each written whole.
 * `control.json` holds the latest request; `status.json` says how the run is and which request it answered. Needs only
 * zod, so that a browser bundle can hold it.
 */

import * as z from 'zod'
import { actionSchema, valuesSchema } from '../tuning/action.js'
import { label } from './fields.js'

export const runFilesVersion = 1
export const controlFile = 'control.json'
export const statusFile = 'status.json'

/** Seconds between two writings of the status, at most, while the run goes on: an older one tells of a run that was cut off. */
export const heartbeat = 10

export const requestSchema = z.object({ version: z.literal(runFilesVersion), id: label, action: actionSchema })

export const statusSchema = z.object({
  version: z.literal(runFilesVersion),
  status: z.enum(['running', 'paused', 'done', 'stopped', 'failed']),
  /** Why it failed. */
  message: z.string().max(2000).optional(),
  iteration: z.number(),
  total: z.number(),
  controls: valuesSchema,
  /** When this was written, as ISO 8601, by the clock of the run's machine. */
  time: label,
  /** The request that was taken last, and why it was refused if it was. */
  answered: z.object({ id: label, problem: z.string().max(2000).optional() }).optional(),
})

export type RunRequest = z.infer<typeof requestSchema>
export type RunState = z.infer<typeof statusSchema>
