/** Where a command is going to write, tried before its work begins: hours of it should not be lost to a mistyped folder. */

import { accessSync, constants, existsSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { WriteError } from '../data/files.js'
import { makeFolder, removeEmpty } from '../tensorflow/folders.js'
import { UsageError } from './errors.js'

/**
 * Tries a folder that an option names; one that is not there yet is not left behind.
 * @throws UsageError that names the option
 */
export function tryFolder(option: string, folder: string | undefined): void {
  if (folder !== undefined) tryPlace(option, folder, folder)
}

/**
 * Tries the place of a file that an option names; the file itself is not touched.
 * @throws UsageError that names the option
 */
export function tryFile(option: string, file: string | undefined): void {
  if (file === undefined) return
  tryPlace(option, dirname(file), file)
  if (statSync(file, { throwIfNoEntry: false })?.isDirectory()) {
    throw new UsageError(`${option}: ${file}: is a folder; name a file`)
  }
}

/**
 * For a folder that is only read: it need not be there, but a file is none.
 * @throws UsageError that names the option
 */
export function refuseFile(option: string, folder: string): void {
  let at = folder
  while (!existsSync(at)) at = dirname(at)
  if (!statSync(at).isDirectory()) throw new UsageError(`${option}: ${at}: is a file; name a folder`)
}

function tryPlace(option: string, folder: string, named: string): void {
  try {
    const made = makeFolder(folder)
    try {
      accessSync(folder, constants.W_OK)
    } finally {
      removeEmpty(made)
    }
  } catch (error) {
    throw new UsageError(`${option}: ${new WriteError(named, error).message}`)
  }
}
