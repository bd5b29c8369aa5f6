/** All settings of tuning: one schema, the defaults, and presets with the paper's values. */

import { z } from 'zod'
import type { Dataset } from '../data/index.js'
// By file: with the folder comes TensorFlow, and the command line's --help shows these defaults without it.
import { discriminatorConfig } from '../discriminator/config.js'
import type { FeatureNetwork } from '../discriminator/index.js'
import type { Plan } from '../samplers/index.js'

const count = z.int().min(1)
const share = z.number().min(0).max(1)
const decay = z.number().min(0).lt(1)
const perNetwork = <T extends z.ZodType>(value: T) => z.strictObject({ generator: value, discriminator: value })

const dataset = z.custom<Dataset>(
  value => typeof value === 'object' && value !== null && 'items' in value && 'images' in value,
  'must be a data set, as emoji(…) or imageFolder(…) give it',
)
const plan = z.custom<Plan>(
  value => typeof value === 'object' && value !== null && 'steps' in value && Array.isArray(value.steps),
  'must be a sampler, as ddim(…), dpmSolver(…) or flowEuler(…) give it',
)
const features = z.custom<FeatureNetwork>(
  value => typeof value === 'object' && value !== null && 'weights' in value && 'config' in value,
  'must be a loaded Dinov2 model: { config, weights }',
)
const signal = z.custom<AbortSignal>(value => value instanceof AbortSignal, 'must be an AbortSignal')

const schema = z.strictObject({
  /** `adt`: Algorithm 1; `ft`: L_diff alone, on times drawn uniformly. */
  method: z.enum(['adt', 'ft']),
  /** Images with captions to tune towards. */
  data: dataset,
  /** Where the Siamese reference of a caption comes from; `data` itself by default, as in the paper. */
  reference: dataset.optional(),
  /** π: run during training, and for the samples shown. */
  sampler: plan,
  /** F: the discriminator's frozen feature network. Needed for `adt`. */
  features: features.optional(),
  discriminator: discriminatorConfig,

  /** Backward path: Eq. 11 or Eq. 4. */
  path: z.enum(['adt', 'drtune']),
  /** Scales the path's weights to the size that Eq. 11's have over the same steps, which leaves only their proportions. */
  matchScale: z.boolean(),
  /** Which steps carry gradient: any, the last ones (DRaFT-K), or equally spaced ones (DRTune). */
  choose: z.enum(['uniform', 'last', 'spaced']),
  /** The rollout leaves out up to so many of its last steps, at random, and takes the image predicted there (DRTune). */
  earlyStop: z.int().min(0),
  /** Steps of the rollout that carry adversarial gradient (Eq. 12). */
  K: count,
  /** Whether the start step carries it too (Algorithm 1, line 8); Eq. 12 alone has only the K. */
  startGradient: z.boolean(),
  /** λ: weight of L_diff. */
  lambda: z.number().min(0),
  /** Weight of L_adv, which the paper leaves unsaid: with mean-reduced L_diff, 1 lets L_adv swamp it at small scale. */
  adversarialWeight: z.number().min(0),
  /** ‖·‖² of L_diff as the mean or the sum over a sample's elements. */
  reduction: z.enum(['mean', 'sum']),
  /** The generator is updated every H-th iteration. */
  H: count,
  /** γ: guidance scale during the rollout; 1 is none. */
  guidance: z.number().min(0),
  /** Rank of the changes to attention's projections, which are then all that is tuned (LoRA); null: all parameters. */
  lora: count.nullable(),
  /** Share of captions left out in plain finetuning, for the unconditional half of guidance. */
  captionDropout: share,
  /** Plain finetuning draws a time for each image, or one for the whole batch, as Algorithm 1's L_diff has it. */
  timePer: z.enum(['image', 'batch']),
  /** And draws it among all that the network knows, or among the sampler's steps, as Algorithm 1's L_diff does. */
  timesOf: z.enum(['schedule', 'sampler']),

  /** What matrix products and convolutions read, training and sampling; weights and all else stay float32. */
  precision: z.enum(['float32', 'bfloat16']),
  /** Keep of a network for its gradient only what goes into each block: memory for one block, a third more time. */
  checkpointing: z.boolean(),
  /**
   * Free the given model's network at the start, where all parameters are tuned, and with `cache` its text encoders, to
   * be read again from its folder at the end: the model is used up, its memory saved.
   */
  release: z.boolean(),

  batch: count,
  iterations: count,
  seed: z.int().min(0),
  learningRate: perNetwork(z.number().positive()),
  /** Iterations of linear warm-up. */
  warmup: perNetwork(z.int().min(0)),
  /** What learning rates do after warm-up: stay, or fall to zero over all iterations. */
  decay: z.enum(['none', 'linear']),
  betas: z.tuple([decay, decay]).readonly(),
  epsilon: z.number().positive(),
  weightDecay: z.number().min(0),
  /** Largest global norm of the generator's gradient; null: no clipping. */
  clip: z.number().positive().nullable(),
  /** Decay of the average of the generator's weights, which is what is sampled and saved; 0: no average. */
  average: decay,

  /** Both terms' gradient norms are measured every so many generator updates (a pull-back more each time); 0: never. */
  normsEvery: z.int().min(0),
  /** Captions to draw while training, and how often; 0: never. */
  prompts: z.array(z.string()),
  samplesEvery: z.int().min(0),
  /** Folder where the texts' embeddings and the images' latents are kept and found again; none: they are made when needed. */
  cache: z.string().min(1).optional(),
  /** Folder for the run's checkpoints; none: nothing is written. */
  folder: z.string().min(1).optional(),
  checkpointEvery: z.int().min(0),
  /** Go on from the newest checkpoint in `folder`, where there is one. */
  resume: z.boolean(),
  /** Aborting it saves a checkpoint (where there is a folder) and ends the run. In our notebook the cell's by default. */
  signal: signal.optional(),
})

/** Settings with everything filled in. */
export type Settings = z.output<typeof schema>
/** A set of defaults: the small models that ship, or the paper's values for a model. */
export type Preset = keyof typeof presets

/** What `tune` takes: data and sampler, and whatever should differ from the preset. */
export type TuneSettings = Partial<
  Omit<z.input<typeof schema>, 'data' | 'sampler' | 'learningRate' | 'warmup' | 'discriminator'>
> &
  Pick<z.input<typeof schema>, 'data' | 'sampler'> & {
    preset?: Preset
    /** One number for both networks, or one for each. */
    learningRate?: number | Partial<Settings['learningRate']>
    warmup?: number | Partial<Settings['warmup']>
    discriminator?: z.input<typeof discriminatorConfig>
  }

const common = {
  method: 'adt',
  discriminator: {},
  path: 'adt',
  matchScale: false,
  choose: 'uniform',
  earlyStop: 0,
  K: 3,
  startGradient: true,
  lambda: 0.5,
  adversarialWeight: 1,
  reduction: 'mean',
  lora: null,
  captionDropout: 0.1,
  timePer: 'image',
  timesOf: 'schedule',
  precision: 'float32',
  checkpointing: false,
  release: false,
  batch: 8,
  iterations: 20_000,
  seed: 0,
  decay: 'none',
  betas: [0.9, 0.999],
  epsilon: 1e-8,
  weightDecay: 0.01,
  clip: null,
  average: 0,
  normsEvery: 10,
  prompts: [],
  samplesEvery: 0,
  checkpointEvery: 500,
  resume: false,
} as const

const warmup = { generator: 500, discriminator: 1000 }

/** `sd15`, `sdxl`, `sd3`: §5's training settings. `emoji`: what trained stably at 32×32. */
export const presets = {
  emoji: {
    ...common,
    H: 2,
    guidance: 2,
    adversarialWeight: 0.02,
    batch: 16,
    iterations: 600,
    learningRate: { generator: 3e-5, discriminator: 5e-5 },
    warmup: { generator: 50, discriminator: 100 },
    decay: 'linear',
    average: 0.99,
    normsEvery: 1,
    checkpointEvery: 100,
  },
  sd15: { ...common, H: 5, guidance: 7, learningRate: { generator: 5e-6, discriminator: 5e-6 }, warmup },
  sdxl: {
    ...common,
    H: 5,
    guidance: 5,
    learningRate: { generator: 1e-6, discriminator: 1e-6 },
    warmup,
    checkpointing: true,
  },
  sd3: {
    ...common,
    H: 5,
    guidance: 7,
    learningRate: { generator: 1e-6, discriminator: 1e-6 },
    warmup,
    checkpointing: true,
  },
} as const

/**
 * Settings filled in from their preset (`emoji` by default) and checked.
 * @throws Error naming each setting that is wrong
 */
export function parseSettings({ preset = 'emoji', ...given }: TuneSettings): Settings {
  const defaults = presets[preset]
  if (!defaults) throw new Error(`preset: "${preset}" is not one of ${Object.keys(presets).join(', ')}`)
  const result = schema.safeParse(
    {
      ...defaults,
      ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
      learningRate: perNetworkValue(given.learningRate, defaults.learningRate),
      warmup: perNetworkValue(given.warmup, defaults.warmup),
    },
    { reportInput: true },
  )
  if (!result.success) throw new Error(result.error.issues.map(describe).join('\n'))
  const settings = result.data
  const problems = [...crossChecks(settings)]
  if (problems.length > 0) throw new Error(problems.join('\n'))
  return settings
}

function perNetworkValue<T extends object>(value: number | Partial<T> | undefined, defaults: T): unknown {
  if (typeof value === 'number') return { generator: value, discriminator: value }
  return { ...defaults, ...value }
}

/** What is wrong with a setting, and with which value, in words for someone who has not heard of zod. */
function describe(issue: z.core.$ZodIssue): string {
  const where = issue.path.join('.')
  if (issue.code === 'unrecognized_keys') {
    const names = issue.keys.map(key => [...issue.path, key].join('.')).join(', ')
    return `${names}: no such setting; known are ${Object.keys(schema.shape).join(', ')}`
  }
  const expected = expectation(issue)
  return `${where}: ${expected ? `must be ${expected}, not ${brief(issue.input)}` : issue.message}`
}

function expectation(issue: z.core.$ZodIssue): string | undefined {
  switch (issue.code) {
    case 'too_small':
      if (issue.origin === 'number' || issue.origin === 'int')
        return `${issue.inclusive ? 'at least' : 'more than'} ${issue.minimum}`
      return undefined
    case 'too_big':
      if (issue.origin === 'number' || issue.origin === 'int')
        return `${issue.inclusive ? 'at most' : 'less than'} ${issue.maximum}`
      return undefined
    case 'invalid_value':
      return issue.values.map(value => `"${String(value)}"`).join(' or ')
    case 'invalid_type':
      return { int: 'a whole number', number: 'a number', boolean: 'true or false', string: 'text' }[
        issue.expected as string
      ]
    default:
      return undefined
  }
}

function brief(value: unknown): string {
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'a list' : 'an object'
  return typeof value === 'string' ? JSON.stringify(value) : String(value)
}

function* crossChecks(settings: Settings): Generator<string> {
  const { method, features, K, sampler, data, reference, batch, folder, resume, samplesEvery, prompts } = settings
  const steps = sampler.steps.length
  if (method === 'adt' && K > steps)
    yield `K: ${K} is larger than the sampler's ${steps} steps; lower it, or take more steps`
  if (method === 'adt' && !features) yield 'features: adt needs a feature network for its discriminator'
  if (data.items.length === 0) yield 'data: has no image'
  if (resume && !folder) yield 'resume: needs the folder of the run to go on with'
  if (samplesEvery > 0 && prompts.length === 0) yield 'samplesEvery: needs prompts'
  if (reference) {
    if (reference.size !== data.size)
      yield `reference: its images are ${reference.size} wide, those of data ${data.size}`
    const known = new Set(reference.items.map(({ text }) => text))
    const missing = data.items.find(({ text }) => !known.has(text))
    if (missing) yield `reference: has no image for the caption ${JSON.stringify(missing.text)}`
  }
  if (batch > 8 && batch % 2 === 1 && method === 'adt' && isPrime(batch)) {
    yield `batch: ${batch} cannot be split into equal groups for the discriminator's batch statistics`
  }
}

function isPrime(value: number): boolean {
  for (let factor = 2; factor * factor <= value; factor++) if (value % factor === 0) return false
  return true
}
