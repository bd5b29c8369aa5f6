/**
 * How a page gets news of a view that its kernel updates when the display's updates do not reach it, after a reload of
 * the page say: over the comm `adt.view` it asks for what is newer than what it has. Needs only zod.
 */

import * as z from 'zod'
import { label } from './fields.js'

/** The comm's name. */
export const liveTarget = 'adt.view'
export const liveVersion = 1

const revision = z.int().min(0)

/** In a payload, while its kernel updates it: under which name it is asked for, and which of its states this is. */
export const liveSchema = z.object({ view: label, revision })
export type Live = z.infer<typeof liveSchema>

/** Page → kernel: what is newer than the state that the page has. */
export const questionSchema = z.object({ version: z.literal(liveVersion), view: label, known: revision })
export type Question = z.infer<typeof questionSchema>

/** Kernel → page: the newest state where it is newer; `gone`: this kernel does not have the view. */
export const answerSchema = z.object({
  version: z.literal(liveVersion),
  view: label,
  gone: z.boolean().optional(),
  /** To be checked like any payload. */
  payload: z.unknown().optional(),
})
export type Answer = z.infer<typeof answerSchema>
