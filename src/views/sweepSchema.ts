/** The payload of a sweep: its trials, one by one, and which settings its heatmap has on its axes. */

import * as z from 'zod'
import { header, label, list, value, values } from './fields.js'

/** What a setting may be. */
const scalar = z.union([z.number(), label, z.boolean(), z.null()])

/** `interrupted`: started, and nobody works on it; `lost`: what it ran on went away; `stopped`: ended early. */
const state = z.enum(['waiting', 'running', 'interrupted', 'lost', 'finished', 'stopped', 'failed'])

const trial = z.object({
  /** Tells trials apart: no two of a sweep have the same. */
  key: label,
  method: label,
  settings: z.record(label, scalar).refine(record => Object.keys(record).length <= 16, {
    error: 'must be at most 16',
  }),
  seed: z.number(),
  state,
  /** How far it is, and how far it goes. */
  iteration: value,
  total: value,
  /** The metric, as last measured. */
  value,
  /** The metric over iterations, thinned to what a drawing can show. */
  curve: z
    .object({ iteration: values, value: values })
    .refine(({ iteration, value }) => iteration.length === value.length, {
      error: 'iteration and value must be equally long',
    })
    .optional(),
  /** Why it was stopped early: its value at a rung, against what it would have had to reach there. */
  stopped: z.object({ rung: z.number(), value: z.number(), cutoff: z.number() }).optional(),
  message: z.string().max(2000).optional(),
})

export const sweep = z.object({
  ...header,
  view: z.literal('sweep'),
  metric: z.object({ name: label, better: z.enum(['lower', 'higher']) }),
  /** Across and, with a second, down: settings, or `method`. The reader can choose others. */
  axes: list(label, 2).refine(axes => axes.length > 0 && new Set(axes).size === axes.length, {
    error: 'needs one axis or two different ones',
  }),
  /** When this was so, as ISO 8601. */
  time: label,
  trials: list(trial, 4096).refine(trials => new Set(trials.map(({ key }) => key)).size === trials.length, {
    error: 'two trials have the same key',
  }),
})

export type SweepView = z.infer<typeof sweep>
export type SweepTrial = z.infer<typeof trial>
export type Scalar = z.infer<typeof scalar>
