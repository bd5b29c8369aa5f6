/**
 * What a sweep's reader may ask of the study that runs it, and what the study answers: the messages between the view and
 * the kernel, over a comm. The page and the kernel both read them with these schemas.
 */

import * as z from 'zod'
import { label, list } from './fields.js'
import type { SweepTrial } from './sweepSchema.js'

/** The comm's target; its opening data say which study: `{ version: 1, control }`. */
export const ordersTarget = 'adt.study'
export const ordersVersion = 1

export const ordersOpening = z.object({ version: z.literal(ordersVersion), control: label })

/** `launch` starts trials that wait; `stop` ends running ones, each with a checkpoint; `resume` goes on with ended ones. */
export const actions = ['launch', 'stop', 'resume'] as const
export type Action = (typeof actions)[number]

export const orderSchema = z.object({
  /** Counts a page's orders; the answer names it. */
  order: z.number().int(),
  action: z.enum(actions),
  /** Of the trials. */
  keys: list(label, 4096),
})
export type Order = z.infer<typeof orderSchema>

/** What became of an order: what is done about it, or why not. */
export const answerSchema = z.object({
  order: z.number().int(),
  ok: z.boolean(),
  message: z.string().max(2000),
})
export type Answer = z.infer<typeof answerSchema>

/** What can be asked for a trial in a state; nothing of one that has finished. */
export function actionFor({ state }: SweepTrial): Action | undefined {
  if (state === 'waiting') return 'launch'
  if (state === 'running') return 'stop'
  return state === 'finished' ? undefined : 'resume'
}
