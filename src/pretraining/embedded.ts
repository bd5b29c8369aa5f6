import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { packageRoot } from '../data/files.js'

/** The models that ship with the project, in `models/`, each with its recipe in `models/recipes/`. */
export const embeddedModels = ['emoji', 'emoji-dinov2', 'emoji-dinov2-large', 'emoji-clip'] as const

/**
 * The folder of a model that ships with the project, or the folder given.
 * @param nameOrFolder one of `embeddedModels`, or a path
 * @param what is wanted, for the error
 * @throws Error when there is no such folder
 */
export function modelFolder(nameOrFolder: string, what = 'a model is a folder that diffusers saved'): string {
  const embedded = (embeddedModels as readonly string[]).includes(nameOrFolder)
  const folder = embedded ? join(packageRoot(), 'models', nameOrFolder) : nameOrFolder
  if (existsSync(folder)) return folder
  throw new Error(
    embedded
      ? `${folder}: the model is not there; make it with: adt pretrain ${nameOrFolder} --out ${folder}`
      : `${nameOrFolder}: no such folder; ${what}, or ${embeddedModels.join(', ')}`,
  )
}
