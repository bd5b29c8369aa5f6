/**
 * The settings that were changed while a run went on, kept beside its checkpoints: a run that goes on makes the same
 * changes at the same iterations, whichever checkpoint it starts from.
 */

import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { writeFileAtomic } from '../data/files.js'
import { readJson } from '../models/index.js'
import { type Change, type RunValues, withChange } from './action.js'

const version = 1
const schema = z.object({
  version: z.literal(version),
  changes: z.array(
    z.object({
      /** The first iteration with this value. */
      iteration: z.int().min(1),
      name: z.enum(['lambda', 'learningRate.generator', 'learningRate.discriminator']),
      value: z.number(),
    }),
  ),
})

export interface Changes {
  /**
   * The values for an iteration, after what was asked for before it, and which of them are new in it.
   * @throws WriteError when they cannot be kept
   */
  at(
    iteration: number,
    asked: readonly Change[],
  ): { values: RunValues; fresh: readonly (Change & { iteration: number })[] }
}

/**
 * The changes of a run; those of its earlier part if it goes on.
 * @throws Error naming the file that cannot be read
 */
export async function openChanges(
  initial: RunValues,
  { folder, resume }: { readonly folder?: string | undefined; readonly resume: boolean },
): Promise<Changes> {
  const file = folder && fileIn(folder)
  let known = file && resume ? await read(file) : []
  return {
    at(iteration, asked) {
      if (asked.length > 0) {
        // Whoever changes something now takes over: what was changed later in the earlier course is forgotten.
        known = [...known.filter(change => change.iteration < iteration), ...asked.map(one => ({ ...one, iteration }))]
        if (file) writeFileAtomic(file, `${JSON.stringify({ version, changes: known }, null, 2)}\n`)
      }
      const made = known.filter(change => change.iteration <= iteration)
      return { values: made.reduce(withChange, initial), fresh: made.filter(change => change.iteration === iteration) }
    },
  }
}

/** Removes what an earlier run left that never came to a checkpoint. */
export function forgetChanges(folder: string): void {
  rmSync(fileIn(folder), { force: true })
}

const fileIn = (folder: string) => join(folder, 'changes.json')

async function read(file: string): Promise<z.infer<typeof schema>['changes']> {
  if (!existsSync(file)) return []
  const parsed = schema.safeParse(await readJson(file))
  if (parsed.success) return parsed.data.changes
  throw new Error(`${file}: ${parsed.error.issues[0]!.message}; remove it to go on without the changes`)
}
