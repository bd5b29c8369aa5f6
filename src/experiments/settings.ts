/** The settings of one trial, as a study file and a trial's folder hold them: plain JSON, networks and data by name. */

import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import { discriminatorConfig } from '../discriminator/config.js'
import { namedSamplers } from '../samplers/named.js'
import { presets } from '../tuning/settings.js'

const count = z.int().min(1)
const samplerName = z.enum(Object.keys(namedSamplers) as [keyof typeof namedSamplers])

/** Settings of `tune` that are said elsewhere in a trial's settings, or decide nothing. */
const elsewhere = [
  ...['method', 'iterations', 'seed', 'guidance', 'prompts', 'samplesEvery', 'checkpointEvery', 'resume'],
  ...['checkpointing', 'release'],
]
const tuningNames = new Set(Object.keys(presets.emoji).filter(name => !elsewhere.includes(name)))

/** How images are sampled: `{ sampler: 'ddim', steps: 20, guidance: 2 }`. */
const sampling = z.strictObject({ sampler: samplerName, steps: count, guidance: z.number().min(0) })
export type Sampling = z.infer<typeof sampling>

/** Images that are drawn and measured at a trial's end. */
const evaluation = sampling.extend({
  /** Captions to draw, compared with the real images of the same captions; `test` are those that nothing has seen. */
  split: z.enum(['test', 'train']).default('test'),
  /** Only so many captions of the split, spread over it; all of them when left out. */
  captions: count.optional(),
  /** How many times each caption is drawn, every time from other noise. */
  draws: count.default(1),
  /** Keeps every caption's scores, for win rates. */
  scores: z.boolean().default(false),
})
export type EvaluationSettings = z.infer<typeof evaluation>

export const trialSettings = z.strictObject({
  /** The base model: `emoji`, or a folder that diffusers saved. */
  model: z.string().default('emoji'),
  /** What to tune towards: emoji styles joined by `+`, or an image folder. */
  data: z.string().default('fluent'),
  /** Where Siamese references come from; the data itself when left out, as in the paper. */
  reference: z.string().optional(),
  /** The discriminator's feature network. */
  features: z.string().default('emoji-dinov2'),
  /** The CLIP that measures. */
  clip: z.string().default('emoji-clip'),
  /** `base`: no tuning at all. */
  method: z.enum(['base', 'ft', 'adt']),
  preset: z.enum(['emoji', 'sd15', 'sdxl', 'sd3']).default('emoji'),
  /** π and γ while tuning; plain finetuning has no use for γ, and for π only where its times are of the sampler's steps. */
  sampling,
  iterations: z.int().min(0),
  /** Everything else that `tune` can be told: `{ K: 5, lambda: 0 }`. */
  tuning: z
    .record(z.string(), z.json())
    .superRefine((given, context) => {
      const unknown = Object.keys(given).find(name => !tuningNames.has(name))
      if (unknown !== undefined) {
        context.addIssue(`no such setting: ${unknown}; known are ${[...tuningNames].join(', ')}`)
      }
    })
    .default({}),
  /** Iterations between two measurements on the way, with the first of `evaluations`; 0: at the end only. */
  evaluateEvery: z.int().min(0).default(0),
  /** By name; the first is the main one. */
  evaluations: z.record(z.string().regex(/^[\w-]+$/), evaluation).refine(all => Object.keys(all).length > 0, {
    message: 'needs at least one',
  }),
  seed: z.int().min(0).default(0),
})
export type TrialSettings = z.infer<typeof trialSettings>
export type TrialSettingsInput = z.input<typeof trialSettings>

/** What only the adversarial method looks at; plain finetuning's results are the same whatever they are. */
const adversarialOnly = [
  ...['path', 'matchScale', 'choose', 'earlyStop', 'K', 'startGradient', 'lambda', 'adversarialWeight', 'H'],
  ...['discriminator', 'normsEvery'],
]
/**
 * The settings on which a trial's results depend, so that studies share their trials: the base model has no tuning, plain
 * finetuning no discriminator, and no sampler unless its times are the sampler's. What is as it would be by default is left
 * out, so that a setting that is new in the code, and does nothing by default, makes no new trials.
 */
export function decisive(settings: TrialSettings): Record<string, unknown> {
  const { method, reference, features, sampling, tuning, preset, iterations, evaluateEvery, ...rest } = settings
  const common = { method, ...withoutDefaults(rest, defaults), evaluations: evaluationsOf(settings) }
  if (method === 'base') return common
  const discriminator = withoutDefaults({ ...(tuning.discriminator as object) }, discriminatorConfig.parse({}))
  const told = without(withoutDefaults(tuning, presets[preset]), [...elsewhere, 'discriminator'])
  const run = { ...common, preset, iterations, evaluateEvery }
  const sampled = tuning.timesOf === 'sampler' && { sampling }
  if (method === 'ft') return { ...run, ...sampled, tuning: without(told, adversarialOnly) }
  return { ...run, reference: reference ?? null, features, sampling, tuning: { ...told, discriminator } }
}

const { evaluations: _, ...defaults } = trialSettings.parse({
  method: 'base',
  sampling: { sampler: 'ddim', steps: 1, guidance: 1 },
  iterations: 0,
  evaluations: { any: { sampler: 'ddim', steps: 1, guidance: 1 } },
})

function evaluationsOf({ evaluations }: TrialSettings): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(evaluations).map(([name, { sampler, steps, guidance, ...rest }]) => {
      const own = { sampler, steps, guidance }
      return [name, { ...own, ...withoutDefaults(rest, evaluation.parse(own)) }]
    }),
  )
}

/** Without what is as in the defaults. */
function withoutDefaults(values: object, defaults: object): Record<string, unknown> {
  const usual = defaults as Record<string, unknown>
  return Object.fromEntries(Object.entries(values).filter(([name, value]) => !isDeepStrictEqual(value, usual[name])))
}

function without(record: Record<string, unknown>, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).filter(([name]) => !names.includes(name)))
}

/** Sets `tuning.lambda` (a path with dots) in a copy of some settings. */
export function withSetting<T extends object>(settings: T, path: string, value: unknown): T {
  const [first, ...rest] = path.split('.') as [string, ...string[]]
  const record = settings as Record<string, unknown>
  const old = record[first]
  const nested = typeof old === 'object' && old !== null ? old : {}
  return { ...record, [first]: rest.length === 0 ? value : withSetting(nested, rest.join('.'), value) } as T
}

/** Settings with others laid over them, record by record; lists, numbers and `evaluations` are replaced. */
export function overlay(settings: object, over: object): Record<string, unknown> {
  const merged: Record<string, unknown> = { ...settings }
  for (const [name, value] of Object.entries(over)) {
    const old = merged[name]
    merged[name] = isRecord(old) && isRecord(value) && name !== 'evaluations' ? overlay(old, value) : value
  }
  return merged
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
