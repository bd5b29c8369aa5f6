/**
 * What a notebook output of ours holds: one versioned JSON payload for each kind of view, with its zod schema.
 *
 * The library builds payloads, notebooks store them, the JupyterLab extension draws them; all three use this file. It
 * and what it imports need only zod, so that a browser bundle can hold them. Payloads are data from a file that anybody
 * may have written: lengths are bounded, pictures must be PNG, and a label is text.
 */

import * as z from 'zod'
import { header, label, list, mostPoints, value, values, viewVersion } from './fields.js'
import { scoreHistory } from './scoreHistory.js'
import { stepNorms } from './stepNorms.js'
import { sweep } from './sweepSchema.js'
import { trans } from './words.js'

export { viewVersion }

/** The MIME type of our notebook outputs. */
export const viewMime = 'application/vnd.adt.view+json'

const mostPictures = 1024

const picture = z
  .string()
  .max(4_000_000)
  .regex(/^data:image\/png;base64,[A-Za-z0-9+/]+={0,2}$/, 'must be a PNG as a data URI')

/** One sampler along one backward path: entry i of each list belongs to the sampler's step i. */
const curve = z
  .object({
    sampler: label,
    schedule: label.optional(),
    path: z.enum(['adt', 'drtune']),
    /** The time given to the network. */
    t: list(z.number(), mostPoints),
    /** ∂x_final/∂x_t with the network's outputs fixed (Fig. A1). */
    gain: values,
    /** The step's own coefficients, x' = a·x + b·o. */
    a: values,
    b: values,
    /** ∂x_final/∂o_t: the weight with which the loss reaches this step's output. */
    w: values,
  })
  .refine(({ t, ...columns }) => [columns.gain, columns.a, columns.b, columns.w].every(c => c.length === t.length), {
    error: 't, gain, a, b and w must be equally long',
  })

const gradientScale = z.object({
  ...header,
  view: z.literal('gradient-scale'),
  /** The vertical axis at first; the reader can switch. */
  scale: z.enum(['log', 'linear']),
  curves: list(curve, 64).refine(curves => curves.length > 0, 'needs a curve'),
})

const columns = z
  .record(label, values)
  .refine(record => Object.keys(record).length <= 32, 'must have at most 32 columns')

const mostMoments = 16
const mostJudged = 32

/** Entry i of each list is one image of the batch; a real image and the generated one of the same caption stand at one place. */
const judged = z
  .object({
    iteration: z.number(),
    captions: list(label, mostJudged),
    real: list(picture, mostJudged),
    generated: list(picture, mostJudged),
    realScores: list(value, mostJudged),
    fakeScores: list(value, mostJudged),
  })
  .refine(
    ({ captions, ...lists }) =>
      [lists.real, lists.generated, lists.realScores, lists.fakeScores].every(one => one.length === captions.length),
    {
      error: 'captions, pictures and scores must be equally long',
    },
  )

/** One training run. Entry i of every column belongs to `iteration[i]`. */
const run = z
  .object({
    label,
    status: z.enum(['running', 'done', 'stopped']),
    /** Whether it waits to be told to go on. */
    paused: z.boolean().optional(),
    /** Why it was stopped, where it failed. */
    failure: z.string().max(2000).optional(),
    /** Under which name its kernel streams it, while there is that kernel. */
    stream: label.optional(),
    settings: list(z.object({ name: label, value: label }), 64),
    progress: z
      .object({
        iteration: z.number(),
        total: z.number(),
        secondsPerIteration: value,
        /** Seconds left. */
        eta: value,
        /** When this was true, as ISO 8601. */
        time: label,
      })
      .optional(),
    iteration: list(z.number(), mostPoints),
    losses: columns,
    /** Means of the discriminator's scores: `real`, `fake`. */
    scores: columns,
    gradientNorms: columns,
    learningRates: columns,
    /** Mean scores by block of the feature network: `2 real`, `2 fake`. */
    layerScores: columns.optional(),
    /** What each iteration took. */
    seconds: values.optional(),
    /** Bytes: `used` by tensors on the device, `peak` (the most of it so far), `process` (the whole of it). */
    memory: columns.optional(),
    stepNorms: stepNorms.optional(),
    scoreHistory: scoreHistory.optional(),
    /** What the discriminator was shown at some moments, and how it scored each. */
    judged: list(judged, mostMoments).optional(),
    /** What went on that the reader should know: warnings, the latest last. */
    notes: list(z.object({ iteration: z.number(), message: z.string().max(2000) }), 32).optional(),
    /** Settings that were changed while it went on: the first iteration with the new value. */
    changes: list(z.object({ iteration: z.number(), name: label, value: z.number() }), 256).optional(),
    captions: list(label, 64).optional(),
    /** What the samples should near: a picture for each caption that has one. */
    references: list(picture.nullable(), 64).optional(),
    samples: list(z.object({ iteration: z.number(), images: list(picture, 64) }), 64),
  })
  .refine(
    ({ iteration, losses, scores, gradientNorms, learningRates, layerScores, memory, seconds }) =>
      [losses, scores, gradientNorms, learningRates, layerScores ?? {}, memory ?? {}, seconds ? { seconds } : {}]
        .flatMap(record => Object.values(record))
        .every(column => column.length === iteration.length),
    { error: 'every column must be as long as iteration' },
  )

const runs = z.object({
  ...header,
  view: z.literal('run'),
  runs: list(run, 16).refine(all => all.length > 0, 'needs a run'),
})

/** Pictures with captions in rows of `columns`. */
const images = z.object({
  ...header,
  view: z.literal('images'),
  columns: z.number().int().min(1).max(64),
  /** Width of a tile on the screen, in CSS pixels. */
  width: z.number().int().min(8).max(1024),
  /** Whether pixels stay squares when enlarged. */
  pixelated: z.boolean(),
  tiles: list(z.object({ image: picture, caption: label.optional() }), mostPictures),
  columnLabels: list(label, 64).optional(),
  rowLabels: list(label, mostPictures).optional(),
})

/** Any payload of this version. */
export const viewSchema = z.discriminatedUnion('view', [gradientScale, runs, images, sweep])

export type View = z.infer<typeof viewSchema>
export type GradientScaleView = z.infer<typeof gradientScale>
export type GradientCurve = z.infer<typeof curve>
export type RunView = z.infer<typeof runs>
export type Run = z.infer<typeof run>
export type Judged = z.infer<typeof judged>
export type ImagesView = z.infer<typeof images>
export type { Paper, PaperCell, Scalar, SweepTrial, SweepView } from './sweepSchema.js'

/** A payload that was understood, or the reason why it was not, in words for the reader of the notebook. */
export type ParsedView = { readonly view: View } | { readonly problem: string }

/** Reads a payload from a notebook; never throws. */
export function parseView(payload: unknown): ParsedView {
  const { version, view } = (typeof payload === 'object' && payload !== null ? payload : {}) as Record<string, unknown>
  if (typeof version === 'number' && version > viewVersion) {
    return {
      problem: trans.__(
        'This view was written in format %1; this extension reads format %2. Update ADT Lab to see it.',
        version,
        viewVersion,
      ),
    }
  }
  if (typeof view === 'string' && !viewSchema.options.some(option => option.shape.view.value === view)) {
    return {
      problem: trans.__('This extension does not know the view “%1”. Update ADT Lab to see it.', view.slice(0, 60)),
    }
  }
  const parsed = viewSchema.safeParse(payload)
  if (parsed.success) return { view: parsed.data }
  const { path, message } = parsed.error.issues[0]!
  const where = path.length > 0 ? `${path.map(String).join('.').slice(0, 80)}: ` : ''
  return { problem: trans.__('This view’s data cannot be drawn: %1', where + message.slice(0, 200)) }
}
