import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { packageRoot } from '../data/index.js'
import { recipeNames } from './recipe.js'

/**
 * The folder of a model that ships with the project, or the folder given.
 * @param nameOrFolder `emoji`, `emoji-dinov2`, `emoji-clip`, or a path
 * @throws Error when there is no such folder
 */
export function modelFolder(nameOrFolder: string): string {
  const embedded = (recipeNames as readonly string[]).includes(nameOrFolder)
  const folder = embedded ? join(packageRoot(), 'models', nameOrFolder) : nameOrFolder
  if (existsSync(folder)) return folder
  throw new Error(
    embedded
      ? `${folder}: the model is not there; make it with: adt pretrain ${nameOrFolder} --out ${folder}`
      : `${nameOrFolder}: no such folder; a model is a folder that diffusers saved, or ${recipeNames.join(', ')}`,
  )
}
