/**
 * What can be asked of a run while it goes on. A page asks through a comm, a panel through a file in the run's folder, a
 * script through the control; all of them in these words. This file needs only zod, so that a browser bundle can hold it.
 */

import * as z from 'zod'

export const actionSchema = z.discriminatedUnion('do', [
  /** `pause` waits before the next iteration; `stop` saves a checkpoint and ends the run; `sample` draws the prompts now. */
  z.object({ do: z.enum(['pause', 'resume', 'stop', 'sample']) }),
  z.object({ do: z.literal('lambda'), value: z.number().min(0).max(1e6) }),
  /** The rate after warm-up, of both networks or of one. */
  z.object({
    do: z.literal('learningRate'),
    value: z.number().positive().max(1),
    network: z.enum(['generator', 'discriminator']).optional(),
  }),
])

export type Action = z.infer<typeof actionSchema>

/** The settings that can be changed while a run goes on. Plain finetuning has no λ. */
export const valuesSchema = z.object({
  lambda: z.number().nullable(),
  learningRate: z.object({ generator: z.number(), discriminator: z.number() }),
})

export type RunValues = z.infer<typeof valuesSchema>

/** A setting that was changed, under the name it has in the record: `lambda`, `learningRate.generator`. */
export interface Change {
  readonly name: 'lambda' | 'learningRate.generator' | 'learningRate.discriminator'
  readonly value: number
}

/** The values with a change made. */
export function withChange(values: RunValues, { name, value }: Change): RunValues {
  if (name === 'lambda') return { ...values, lambda: value }
  return { ...values, learningRate: { ...values.learningRate, [name.slice('learningRate.'.length)]: value } }
}
