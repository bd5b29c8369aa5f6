/** Folders: where things are kept, and the one way in which the library makes them. */

import { existsSync, mkdirSync, readFileSync, rmdirSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder of the nearest package.json above this file: the repository, or the installed package. */
export function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(folder, 'package.json'))) {
    const parent = dirname(folder)
    if (parent === folder) throw new Error(`no package.json above ${import.meta.url}`)
    folder = parent
  }
  return folder
}

/** What the package.json there says of the project: its version, and those of its dependencies, which are exact. */
export function packageFacts(): { version: string; dependencies: Record<string, string> } {
  return JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8'))
}

/** Where things that can be made again are kept: ADT_CACHE, or `.cache` in the package. */
export function cacheFolder(): string {
  return process.env.ADT_CACHE || join(packageRoot(), '.cache')
}

/**
 * Makes a folder, and those above it that are missing. Node's own `recursive` never returns below /proc, and wherever else
 * a file system says "no such file" of a name that it will not take: it goes up to a folder that is there, and down again.
 *
 * @returns the folders that were made, the outermost first
 * @throws the file system's error; what was made before it is removed again
 */
export function makeFolder(folder: string): string[] {
  const wanted = [resolve(folder)]
  for (let above = dirname(wanted[0]!); !existsSync(above); above = dirname(above)) wanted.unshift(above)
  const made: string[] = []
  try {
    for (const next of wanted) if (makeOne(next)) made.push(next)
    return made
  } catch (error) {
    removeEmpty(made)
    throw error
  }
}

/** Removes folders that were made, but for those that somebody has put something in. */
export function removeEmpty(made: readonly string[]): void {
  try {
    for (const folder of made.toReversed()) rmdirSync(folder)
  } catch {
    // Those above it are not empty either.
  }
}

/** @returns false when it was there already, made by another process perhaps */
function makeOne(folder: string): boolean {
  try {
    mkdirSync(folder)
    return true
  } catch (error) {
    if (existsSync(folder) && statSync(folder).isDirectory()) return false
    throw error
  }
}
