/**
 * What the reader explores: curves computed in the page by the library's own samplers, and the steps that Algorithm 1
 * would draw. Arithmetic only.
 */

import * as z from 'zod'
import {
  cosineSchedule,
  flowSchedule,
  linearSchedule,
  namedSampler,
  type Plan,
  type SamplerName,
  type Schedule,
  type SchedulerConfig,
  scaledLinearSchedule,
} from '../../../src/samplers/index.js'
import { chooseAmong } from '../../../src/tuning/choices.js'
import { uniforms } from '../../../src/tuning/uniforms.js'
import { gradientScaleView, type LabelledSampler } from '../../../src/views/gradientScale.js'
import type { GradientScaleView } from '../../../src/views/schema.js'
import { trans } from '../../../src/views/words.js'

/** As Stable Diffusion's scheduler files say. */
const config: SchedulerConfig = { timestep_spacing: 'leading', steps_offset: 1, set_alpha_to_one: false }

/** Schedules of noise prediction; a flow has its own. */
const makers = {
  linear: () => linearSchedule(undefined, undefined, config),
  'scaled-linear': () => scaledLinearSchedule(undefined, undefined, config),
  cosine: () => cosineSchedule(config),
  'flow-1': () => flowSchedule(1),
  'flow-3': () => flowSchedule(3),
} satisfies Record<string, () => Schedule>
export type ScheduleName = keyof typeof makers

export const samplerTexts = (): readonly { value: SamplerName; text: string }[] => [
  { value: 'ddim', text: 'DDIM' },
  { value: 'dpm-solver', text: 'DPM-Solver++' },
  { value: 'flow-euler', text: 'Flow Euler' },
]
export const scheduleTexts = (): readonly { value: ScheduleName; text: string }[] => [
  { value: 'linear', text: trans.__('linear') },
  { value: 'scaled-linear', text: trans.__('scaled linear') },
  { value: 'cosine', text: trans.__('cosine') },
  { value: 'flow-1', text: trans.__('flow') },
  { value: 'flow-3', text: trans.__('flow, shift 3') },
]

export const mostSteps = 100

/** What the reader has set; kept in the notebook's output. */
export const readerSchema = z.object({
  source: z.enum(['given', 'figure', 'explore']),
  scale: z.enum(['log', 'linear']),
  quantity: z.enum(['gain', 'w']),
  samplers: z
    .array(z.enum(['ddim', 'dpm-solver', 'flow-euler']))
    .min(1)
    .max(3),
  schedules: z
    .array(z.enum(['linear', 'scaled-linear', 'cosine', 'flow-1', 'flow-3']))
    .min(1)
    .max(5),
  paths: z
    .array(z.enum(['adt', 'drtune']))
    .min(1)
    .max(2),
  steps: z.int().min(1).max(mostSteps),
  /** Index of the step at which a run begins. */
  start: z
    .int()
    .min(0)
    .max(mostSteps - 1),
  K: z.int().min(1).max(mostSteps),
  /** Which of the draws of K steps. */
  draw: z.int().min(0).max(1_000_000),
})
export type Reader = z.infer<typeof readerSchema>

export const firstReader: Reader = {
  source: 'given',
  scale: 'log',
  quantity: 'gain',
  samplers: ['ddim'],
  schedules: ['linear', 'scaled-linear'],
  paths: ['adt', 'drtune'],
  steps: 50,
  start: 0,
  K: 3,
  draw: 0,
}

/** A drawing of its own: its curves and the name above it. */
export interface Drawing {
  readonly name: string | undefined
  readonly view: GradientScaleView
}

/** The curves that the reader asked for, or why there are none. */
export function drawingsOf(
  given: GradientScaleView,
  reader: Reader,
): readonly Drawing[] | { readonly problem: string } {
  if (reader.source === 'given') return [{ name: undefined, view: given }]
  if (reader.source === 'figure') return figureA1()
  const labelled = plansOf(reader)
  if (labelled.length === 0)
    return {
      problem: trans.__('Flow Euler runs on a flow’s schedule, the others on noise schedules: add one that fits.'),
    }
  return [{ name: undefined, view: gradientScaleView(labelled, reader.paths, { start: reader.start }) }]
}

/** The samplers in their settings, those left out that the schedule does not fit. */
function plansOf({ samplers, schedules, steps }: Pick<Reader, 'samplers' | 'schedules' | 'steps'>): LabelledSampler[] {
  return samplers.flatMap(name =>
    schedules
      .filter(schedule => schedule.startsWith('flow') === (name === 'flow-euler'))
      .map(schedule => ({ sampler: planOf(name, schedule, steps), schedule: textOf(schedule) })),
  )
}

function planOf(name: SamplerName, schedule: ScheduleName, steps: number): Plan {
  return namedSampler(makers[schedule](), name, steps)
}

function textOf(schedule: ScheduleName): string {
  return scheduleTexts().find(({ value }) => value === schedule)!.text
}

/** The paper's two panels: 50 steps of DDIM and 30 of DPM-Solver++, on the schedules it speaks of. */
function figureA1(): Drawing[] {
  const panels = [
    [trans.__('(a) DDIM, 50 steps'), 'ddim', 50],
    [trans.__('(b) DPM-Solver++, 30 steps'), 'dpm-solver', 30],
  ] as const
  return panels.map(([name, sampler, steps]) => {
    const labelled = plansOf({ samplers: [sampler], schedules: ['linear', 'scaled-linear', 'cosine'], steps })
    return { name, view: gradientScaleView(labelled, ['adt', 'drtune']) }
  })
}

/** The steps that carry gradient in one draw of Algorithm 1 (line 5) after step `start`: indices into the curves' lists. */
export function drawnSteps({ steps, start, K, draw }: Pick<Reader, 'steps' | 'start' | 'K' | 'draw'>): number[] {
  const left = Array.from({ length: steps - start }, (_, k) => k)
  return chooseAmong(left, Math.min(K, left.length), 'uniform', uniforms(0, draw, 'start'))
}

/** The size of the gradient that the drawn steps carry together, √Σw². */
export function carried(w: readonly (number | null)[], drawn: readonly number[]): number {
  return Math.hypot(...drawn.map(index => w[index] ?? 0))
}
