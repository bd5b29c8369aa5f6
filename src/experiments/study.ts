/** A study: a question, how it is to be answered, and the grid of settings that answers it. Written down before it runs. */

import { z } from 'zod'
import { budgets, withBudget } from './budget.js'
import { identify, type TrialIdentity } from './key.js'
import { overlay, type TrialSettings, trialSettings, withSetting } from './settings.js'

const settingsOverlay = z.record(z.string(), z.json())

const method = z.strictObject({
  /** As tables call it; methods of one label share a row where their samplings differ. */
  label: z.string(),
  /** Laid over the study's base settings. */
  settings: settingsOverlay,
  /** The evaluations at which it is shown; all of the study's when left out. */
  evaluations: z.array(z.string()).optional(),
  /** Whether it is crossed with the grid: Base and FT know no λ. */
  crossed: z.boolean().default(true),
  /** How long plain finetuning runs: as many iterations, generator updates or network evaluations as ADT would. */
  budget: z.enum(budgets).default('iterations'),
})

const paperNumbers = z.strictObject({
  method: z.string(),
  evaluation: z.string().optional(),
  /** The grid's values in this row. */
  at: z.record(z.string(), z.json()).default({}),
  /** The paper's own figures by their names: FID, HPS, AES, CLIP. They are not our metrics: only the order compares. */
  figures: z.record(z.string(), z.number()),
})

const rule = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('none') }),
  /**
   * ASHA: at every rung a trial goes on only among the best 1/factor seen there. The first is after the share `first` of a
   * trial's iterations, each other `factor` times later.
   */
  z.strictObject({ kind: z.literal('asha'), first: z.number().gt(0).lt(1), factor: z.number().min(1.5) }),
])

export const scales = ['emoji', 'paper'] as const
export type Scale = (typeof scales)[number]

export const studySchema = z.strictObject({
  name: z.string().regex(/^[a-z0-9-]+$/),
  scale: z.enum(scales),
  title: z.string(),
  /** What the study is to tell. */
  question: z.string(),
  /** Which figure decides, and which way is better. */
  metric: z.strictObject({ name: z.enum(['fd', 'text', 'nearness']), better: z.enum(['lower', 'higher']) }),
  /** When trials end before their last iteration. */
  stopping: rule,
  base: settingsOverlay,
  methods: z.record(z.string().regex(/^[\w-]+$/), method),
  /** Setting → values, all crossed with each other and with the methods: `{ 'tuning.lambda': [0, 0.5] }`. */
  grid: z.record(z.string(), z.array(z.json()).min(1)).default({}),
  /** The evaluations that the study's table shows; others are measured for other studies, which share the trials. */
  evaluations: z.array(z.string()).min(1),
  seeds: z.array(z.int().min(0)).min(1),
  /** The method that the others are compared with. */
  against: z.string(),
  /** `table`: a row each; `wins`: per caption, which method is best; `curve`: the metric over iterations. */
  view: z.enum(['table', 'wins', 'curve']).default('table'),
  paper: z.array(paperNumbers).default([]),
  /** How this scale's settings differ from the paper's, and why. */
  notes: z.string().default(''),
  /** What ran it, in the file that a run leaves. */
  command: z.string().optional(),
})
export type Study = z.infer<typeof studySchema>
export type StudyInput = z.input<typeof studySchema>

/** A method at a point of the grid: what a table has a row for, with as many trials as there are seeds. */
export interface Arm {
  method: string
  label: string
  /** The grid's values here, by setting. */
  at: Record<string, unknown>
  evaluations: string[]
  settings: TrialSettings
}

/** A row of a study: what is run. */
export interface Trial extends TrialIdentity {
  arms: Arm[]
  seed: number
  settings: TrialSettings
}

/**
 * Checks a study.
 * @throws Error naming what is wrong in it
 */
export function parseStudy(given: unknown): Study {
  const parsed = studySchema.safeParse(given)
  const name = (given as { name?: string } | null)?.name ?? 'study'
  if (!parsed.success) throw new Error(`${name}: ${z.prettifyError(parsed.error)}`)
  const study = parsed.data
  const timed = Object.entries(study.methods).find(
    ([, { budget, settings }]) => budget !== 'iterations' && settings.method !== 'ft',
  )
  if (timed) throw new Error(`${name}: ${timed[0]}: budget: only plain finetuning (method ft) has one`)
  if (!study.methods[study.against]) throw new Error(`${name}: against: there is no method ${study.against}`)
  for (const { method: row } of study.paper) {
    if (!study.methods[row]) throw new Error(`${name}: paper: there is no method ${row}`)
  }
  for (const arm of armsOf(study)) {
    const missing = arm.evaluations.find(evaluation => !arm.settings.evaluations[evaluation])
    if (missing) throw new Error(`${name}: evaluations: ${missing} is not among the settings' evaluations`)
  }
  return study
}

/** Every method at every point of the grid, in the order of the table's rows. */
export function armsOf(study: Study): Arm[] {
  const points = gridPoints(study.grid)
  return Object.entries(study.methods).flatMap(([name, { label, settings, evaluations, crossed, budget }]) =>
    (crossed ? points : [{}]).map(at => {
      let laid = overlay(study.base, settings)
      for (const [path, value] of Object.entries(at)) laid = withSetting(laid, path, value)
      const parsed = trialSettings.safeParse({ ...laid, seed: study.seeds[0] })
      if (!parsed.success) throw new Error(`${study.name}, ${name}: ${z.prettifyError(parsed.error)}`)
      const own = withBudget(parsed.data, budget)
      return { method: name, label, at, evaluations: evaluations ?? study.evaluations, settings: own }
    }),
  )
}

/** The study's trials without repetition, seed after seed, so that a run cut short has whole seeds. */
export function trialsOf(study: Study): Trial[] {
  const arms = armsOf(study)
  const trials = new Map<string, Trial>()
  for (const seed of study.seeds) {
    for (const arm of arms) {
      const settings = { ...arm.settings, seed }
      const identity = identify(settings)
      const known = trials.get(identity.key)
      if (known) known.arms.push(arm)
      else trials.set(identity.key, { ...identity, arms: [arm], seed, settings })
    }
  }
  return [...trials.values()]
}

function gridPoints(grid: Record<string, unknown[]>): Record<string, unknown>[] {
  return Object.entries(grid).reduce<Record<string, unknown>[]>(
    (points, [path, values]) => points.flatMap(point => values.map(value => ({ ...point, [path]: value }))),
    [{}],
  )
}
