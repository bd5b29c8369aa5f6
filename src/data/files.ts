import { randomBytes } from 'node:crypto'
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'
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

/** Where things that can be made again are kept: ADT_CACHE, or `.cache` in the package. */
export function cacheFolder(): string {
  return process.env.ADT_CACHE ?? join(packageRoot(), '.cache')
}

/**
 * Writes a file so that a reader, or a crash, sees the old content or the new one and never a part:
 * a temporary file beside it, fsync, rename. Missing folders are made.
 *
 * @throws the file system's own error (a full disk, say), with the temporary file removed
 */
export function writeFileAtomic(file: string, content: string | Uint8Array): void {
  mkdirSync(dirname(file), { recursive: true })
  const temporary = `${file}.${process.pid}.${randomBytes(4).toString('hex')}.tmp`
  const bytes = typeof content === 'string' ? Buffer.from(content) : content
  try {
    const descriptor = openSync(temporary, 'wx')
    try {
      for (let written = 0; written < bytes.length; ) written += writeSync(descriptor, bytes, written)
      fsyncSync(descriptor)
    } finally {
      closeSync(descriptor)
    }
    renameSync(temporary, file)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  }
}
