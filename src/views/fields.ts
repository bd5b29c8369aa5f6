/** Fields that all payloads share. What comes in is data from a file that anybody may have written: lengths are bounded. */

import * as z from 'zod'

/** The version of our payloads. A change that an older reader would draw wrongly raises it. */
export const viewVersion = 1

export const mostPoints = 20_000

/** A list of bounded length; the length is looked at before any element is. */
export function list<T extends z.ZodType>(element: T, most: number) {
  return z
    .unknown()
    .refine(value => Array.isArray(value) && value.length <= most, {
      error: `must be a list of at most ${most} entries`,
      abort: true,
    })
    .pipe(z.array(element))
}

export const label = z.string().max(500)
/** JSON has no NaN: a number that is not finite is null. */
export const value = z.number().nullable()
export const values = list(value, mostPoints)
export const header = { version: z.literal(viewVersion), title: label.optional() }
