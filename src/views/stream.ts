/**
 * The live protocol of a run: what a kernel and a page say to each other over the comm `adt.run`.
 *
 * A run is a log of records, numbered from 0: a point for each iteration, pictures, notes, changes of settings. The page
 * asks for what follows a number (`since`); the kernel answers with updates, each a stretch of the log, and goes on with
 * what comes. Whoever misses a number asks again: nothing is lost, nothing is counted twice. What is not a record (how
 * the run is called, how far it is, what may be changed) comes along whole, and the greatest revision counts.
 *
 * Numbers travel in buffers: Float32 in little-endian order, NaN for what was not measured, and bytes for pictures.
 */

import * as z from 'zod'
import { actionSchema, valuesSchema } from '../tuning/action.js'
import { label, list, value } from './fields.js'
import { trans } from './words.js'

/** The version of these messages. A change that an older reader would take wrongly raises it. */
export const streamVersion = 1

/** The comm's name. */
export const streamTarget = 'adt.run'

/** Messages a second from the kernel, at most. */
export const updatesPerSecond = 10

const sequence = z.int().min(0)
const count = z.int().min(1).max(1_000_000)
const buffer = z.int().min(0).max(4096)
const iteration = z.number()
const message = z.string().max(2000)

const about = z.object({
  /** Counts the versions of this description. */
  revision: z.int().min(0),
  label,
  status: z.enum(['starting', 'running', 'paused', 'done', 'stopped', 'failed']),
  /** Why it failed or was stopped. */
  message: message.optional(),
  settings: list(z.object({ name: label, value: label }), 64),
  /** Iterations in all, as far as it is known. */
  total: z.number().nullable(),
  /** The prompts of the samples. */
  captions: list(label, 64).optional(),
  /** What the controls now stand at; null: this run takes no controls. */
  controls: valuesSchema.nullable(),
  /** The file system's folder of the run, where it has one. */
  folder: z.string().max(4096).optional(),
})

/**
 * `count` iterations. `buffer` holds [columns.length][count]: a column after the other, `iteration` the first. Other
 * columns are named `losses.adversarial`, `scores.real`, `gradientNorms.total`, `learningRates.generator`, `seconds`,
 * `memory.used` (bytes on the device).
 */
const points = z.object({
  kind: z.literal('points'),
  count,
  columns: list(label, 64).refine(names => names[0] === 'iteration', 'the first column must be iteration'),
  buffer,
  /** Measured gradient norms: for point i there are `counts[i]` rows [step, t, w, norm], all in one buffer. */
  gradients: z.object({ counts: list(sequence, 1_000_000), buffer }).optional(),
  /** The discriminator's scores, one an image: for point i `real[i]` of real images, then `fake[i]` of generated ones. */
  images: z.object({ real: list(sequence, 1_000_000), fake: list(sequence, 1_000_000), buffer }).optional(),
})

/** Picture `index` of the `of` that were drawn at an iteration; bytes [height][width][3]. */
const picture = z.object({
  kind: z.literal('picture'),
  iteration,
  index: sequence,
  of: z.int().min(1).max(64),
  height: z.int().min(1).max(2048),
  width: z.int().min(1).max(2048),
  buffer,
})

/** What the discriminator was shown, and how it scored each; bytes of the real images, then of the generated ones. */
const judged = z.object({
  kind: z.literal('judged'),
  iteration,
  captions: list(label, 16),
  realScores: list(value, 16),
  fakeScores: list(value, 16),
  height: z.int().min(1).max(2048),
  width: z.int().min(1).max(2048),
  buffer,
})

/** A line of metrics.jsonl whose pictures lie beside it, in `judged/`. */
export const judgedLineSchema = judged
  .omit({ height: true, width: true, buffer: true })
  .refine(({ captions, realScores, fakeScores }) =>
    [realScores, fakeScores].every(scores => scores.length === captions.length),
  )

/** What samples of these prompts should near. */
const references = z.object({
  kind: z.literal('references'),
  prompts: list(label, 64),
  height: z.int().min(1).max(2048),
  width: z.int().min(1).max(2048),
  buffer,
})

/** A line of metrics.jsonl whose pictures lie in `samples/references.png`. */
export const referencesLineSchema = references.omit({ height: true, width: true, buffer: true })

const note = z.object({ kind: z.literal('note'), iteration, message })
/** From the next iteration on this setting had this value. */
const change = z.object({ kind: z.literal('change'), iteration, name: label, value: z.number() })
/** `count` records that are no longer kept: old pictures. */
const gone = z.object({ kind: z.literal('gone'), count })

const group = z.discriminatedUnion('kind', [points, picture, judged, references, note, change, gone])

/** A stretch of the log, beginning with record `from`. */
const update = z.object({
  version: z.literal(streamVersion),
  type: z.literal('update'),
  run: label,
  from: sequence,
  /** How many records the log has by now. */
  length: sequence,
  groups: list(group, 4096),
  /** In the first answer and whenever it changed. */
  about: about.optional(),
})

/** Whether a control was taken. */
const answer = z.object({
  version: z.literal(streamVersion),
  type: z.literal('answer'),
  run: label,
  /** The id of the control. */
  to: label,
  /** Why it was not taken. */
  problem: message.optional(),
})

/** The runs that a kernel knows, the newest last; also the answer to a run that it does not know. */
const runs = z.object({
  version: z.literal(streamVersion),
  type: z.literal('runs'),
  runs: list(z.object({ run: label, label, status: about.shape.status }), 256),
})

/** Kernel → page. */
export const fromKernelSchema = z.discriminatedUnion('type', [update, answer, runs])

/** Page → kernel. */
export const toKernelSchema = z.discriminatedUnion('type', [
  z.object({ version: z.literal(streamVersion), type: z.literal('list') }),
  z.object({ version: z.literal(streamVersion), type: z.literal('since'), run: label, sequence }),
  z.object({
    version: z.literal(streamVersion),
    type: z.literal('control'),
    run: label,
    id: label,
    action: actionSchema,
  }),
])

export type About = z.infer<typeof about>
export type RunStatus = About['status']
export type JudgedLine = z.infer<typeof judgedLineSchema>
export type ReferencesLine = z.infer<typeof referencesLineSchema>
export type Group = z.infer<typeof group>
export type Update = z.infer<typeof update>
export type FromKernel = z.infer<typeof fromKernelSchema>
export type ToKernel = z.infer<typeof toKernelSchema>

/** The gradient that one sampler step contributed in an iteration; w is the step's backward-path weight. */
export interface StepGradient {
  readonly step: number
  readonly t: number
  readonly w: number
  readonly norm: number
}

/** One iteration. */
export interface Point {
  readonly kind: 'point'
  readonly iteration: number
  /** By column name; what is missing was not measured. */
  readonly values: Readonly<Record<string, number>>
  readonly gradients?: readonly StepGradient[]
  readonly images?: { readonly real: readonly number[]; readonly fake: readonly number[] }
}

export interface Picture {
  readonly kind: 'picture'
  readonly iteration: number
  readonly index: number
  readonly of: number
  readonly height: number
  readonly width: number
  /** [height][width][3] */
  readonly pixels: Uint8Array
}

/** With the bytes of its pictures, [count][height][width][3]. */
type WithPixels<T extends { buffer: number }> = Omit<T, 'buffer'> & { readonly pixels: Uint8Array }

export type JudgedRecord = WithPixels<z.infer<typeof judged>>
export type ReferencesRecord = WithPixels<z.infer<typeof references>>

/** An entry of the log. */
export type LogRecord =
  | Point
  | Picture
  | JudgedRecord
  | ReferencesRecord
  | z.infer<typeof note>
  | z.infer<typeof change>
  | { readonly kind: 'gone' }

/** A message that was understood, or why it was not, in words for the reader. */
export type Parsed<T> = { readonly message: T } | { readonly problem: string }

/** Reads a message of the kernel; never throws. */
export function parseFromKernel(data: unknown): Parsed<FromKernel> {
  return parse(fromKernelSchema, data, version =>
    trans.__('The kernel speaks version %1 of the live protocol, this extension version %2.', version, streamVersion),
  )
}

/** Reads a message of the page; never throws. */
export function parseToKernel(data: unknown): Parsed<ToKernel> {
  return parse(toKernelSchema, data, version =>
    trans.__('The page speaks version %1 of the live protocol, this kernel version %2.', version, streamVersion),
  )
}

function parse<T>(schema: z.ZodType<T>, data: unknown, newer: (version: number) => string): Parsed<T> {
  const version = (data as { version?: unknown } | null)?.version
  if (typeof version === 'number' && version > streamVersion) {
    return { problem: newer(version) }
  }
  const parsed = schema.safeParse(data)
  if (parsed.success) return { message: parsed.data }
  const { path, message } = parsed.error.issues[0]!
  return { problem: `${path.map(String).join('.').slice(0, 80) || 'message'}: ${message.slice(0, 200)}` }
}
