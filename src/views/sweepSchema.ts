/** The payload of a sweep: its trials, one by one, and which settings its heatmap has on its axes. */

import * as z from 'zod'
import { header, label, list, value, values } from './fields.js'
import { liveSchema } from './liveView.js'

/** What a setting may be. */
const scalar = z.union([z.number(), label, z.boolean(), z.null()])

/** `interrupted`: started, and nobody works on it; `lost`: what it ran on went away; `stopped`: ended early. */
const state = z.enum(['waiting', 'running', 'interrupted', 'lost', 'finished', 'stopped', 'failed'])

const settings = z.record(label, scalar).refine(record => Object.keys(record).length <= 16, {
  error: 'must be at most 16',
})
const better = z.enum(['lower', 'higher'])

const trial = z.object({
  /** Tells trials apart: no two of a sweep have the same. */
  key: label,
  method: label,
  settings,
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
  /** Why it was stopped early: its value at a rung, against what it would have had to reach among the trials seen there. */
  stopped: z
    .object({ rung: z.number(), value: z.number(), cutoff: z.number(), seen: z.number().optional() })
    .optional(),
  message: z.string().max(2000).optional(),
})

/** At an iteration, what a trial has to reach to go on, among so many that were there. */
const rung = z.object({ iteration: z.number(), cutoff: z.number(), seen: z.number() })

/** What a paper reports for some of the settings: figures of its own, of which only the order compares with ours. */
const paper = z.object({
  /** The figure that decides. */
  name: label,
  better,
  cells: list(z.object({ method: label, settings, figures: z.record(label, z.number()) }), 256),
})

export const sweep = z.object({
  ...header,
  view: z.literal('sweep'),
  metric: z.object({ name: label, better }),
  /** Across and, with a second, down: settings, or `method`. The reader can choose others. */
  axes: list(label, 2).refine(axes => axes.length > 0 && new Set(axes).size === axes.length, {
    error: 'needs one axis or two different ones',
  }),
  /** When this was so, as ISO 8601. */
  time: label,
  /** The cutoffs of early stopping as they now are. */
  rungs: list(rung, 64).optional(),
  paper: paper.optional(),
  /** Names the study in the kernel that takes orders: launch, stop, resume. */
  control: label.optional(),
  /** While its kernel updates it. */
  live: liveSchema.optional(),
  trials: list(trial, 4096).refine(trials => new Set(trials.map(({ key }) => key)).size === trials.length, {
    error: 'two trials have the same key',
  }),
})

export type SweepView = z.infer<typeof sweep>
export type SweepTrial = z.infer<typeof trial>
export type Paper = z.infer<typeof paper>
export type PaperCell = Paper['cells'][number]
export type Scalar = z.infer<typeof scalar>
